import NIOCore
import NIOPosix
import Synchronization

/// A server that says what it is told to, byte for byte, to whoever has sent the head of a request.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        case say(String)
        /// A byte again and again, for as long as somebody listens.
        case drip
        case close
    }

    private struct State {
        var channel: (any Channel)?
        var heads: [String] = []
        var open = 0
    }

    private let steps: [Step]
    private let state = Mutex(State())

    init(_ steps: Step...) { self.steps = steps }

    /// Answers its address, for example `http://127.0.0.1:41234`.
    func start() async throws -> String {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptedHandler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        state.withLock { $0.channel = channel }
        return "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async {
        try? await state.withLock { $0.channel }?.close().get()
    }

    /// The heads of the requests that came.
    var heads: [String] { state.withLock { $0.heads } }

    /// How many connections there are now.
    var open: Int { state.withLock { $0.open } }

    fileprivate func note(head: String) -> [Step] {
        state.withLock { $0.heads.append(head) }
        return steps
    }

    fileprivate func note(connections change: Int) { state.withLock { $0.open += change } }
}

private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ScriptedServer
    private var head = ""

    init(_ server: ScriptedServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        head += String(buffer: unwrapInboundIn(data))
        guard head.hasSuffix("\r\n\r\n") else { return }
        for step in server.note(head: head) {
            switch step {
            case .say(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .drip: drip(context)
            case .close: context.close(promise: nil)
            }
        }
        head = ""
    }

    private func drip(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: ".")), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.drip(context) }
    }

    func channelActive(context: ChannelHandlerContext) { server.note(connections: 1) }

    func channelInactive(context: ChannelHandlerContext) { server.note(connections: -1) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
