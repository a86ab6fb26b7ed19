import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Tells by its first bytes whether a connection speaks HTTP/2 or HTTP/1.1, and builds what it needs.
///
/// So one port serves both, with TLS and without: what ALPN agreed on shows in the first bytes, too. A request to change
/// from HTTP/1.1 to h2c is not followed, as HTTP allows; its client goes on with HTTP/1.1.
final class Greeting: ChannelInboundHandler, RemovableChannelHandler, RPCConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let loop: RPCLoop
    private var context: ChannelHandlerContext?
    private var bytes: ByteBuffer?
    private let since: NIODeadline
    /// No HTTP/1.1 method begins so.
    private static let preface = Array("PRI * HTTP/2.0".utf8)

    init(loop: RPCLoop) {
        self.loop = loop
        since = loop.now
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        bytes.setOrWriteBuffer(&piece)
        guard let bytes else { return }
        let beginning = bytes.readableBytesView.prefix(Greeting.preface.count)
        let speaksHTTP2 = Greeting.preface.starts(with: beginning)
        if speaksHTTP2, beginning.count < Greeting.preface.count { return }
        do {
            let pipeline = context.pipeline.syncOperations
            if speaksHTTP2 {
                try addHTTP2(to: pipeline)
            } else {
                try addHTTP1(to: pipeline)
            }
        } catch {
            return context.close(promise: nil)
        }
        self.bytes = nil
        context.fireChannelRead(wrapInboundOut(bytes))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func addHTTP2(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Limits.concurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: Limits.headerListBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: Limits.streamWindow),
        ]
        // Clients measure their line with a ping for every few answers, and keep idle connections open with pings. They are
        // answered and never counted: a client that is sent away for them misses changes of flags. What is bounded is how
        // many answers to them may wait to be read. A window of no length remembers none; room is made for the whole count.
        connection.controlFrameRateLimit.maximumCount = 4
        connection.controlFrameRateLimit.windowLength = .zero
        connection.maximumBufferedControlFrames = 1000
        connection.maximumRecentlyResetStreams = 16
        // Requests must be checked; a flood of streams that are begun only to be reset ends the connection.
        connection.headerBlockValidation = .enabled
        connection.contentLengthValidation = .enabled
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = Limits.resets
        stream.streamResetFrameRateLimit.windowLength = Limits.resetWindow
        stream.streamErrorRateLimit.maximumCount = 32
        try pipeline.addHandler(
            NIOHTTP2Handler(mode: .server, connectionConfiguration: connection, streamConfiguration: stream))
        try pipeline.addHandler(HTTP2Door(loop: loop))
    }

    private func addHTTP1(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Limits.headerListBytes
        limits.maxHeaderListSize = Limits.headerListBytes
        limits.maxHeaderFieldCount = Limits.headerCount
        // Headers of answers are our own.
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
        try pipeline.addHandler(HTTP1Door(loop: loop))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
        context.fireChannelInactive()
    }

    /// Such as a failed TLS handshake.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func look(at now: NIODeadline) {
        if now - since > Limits.silence { context?.close(promise: nil) }
    }

    func beginClosing() { context?.close(promise: nil) }

    func closeNow() { context?.close(promise: nil) }
}
