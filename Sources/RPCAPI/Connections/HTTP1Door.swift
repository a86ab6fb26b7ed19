import NIOCore
import NIOHTTP1
import NIOHTTP2

/// A connection that speaks HTTP/1.1: Connect and gRPC-Web, one call after the other.
///
/// The pipelining handler in front lets the next request through only after the answer to the one before.
final class HTTP1Door: ChannelDuplexHandler, Door, RPCConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let loop: RPCLoop
    private var context: ChannelHandlerContext?
    private var call: Call?
    private var isReading = false
    /// Of the request whose answer is due.
    private var keepsAlive = true
    private var expectsMore = false
    private var isAnswered = true
    private var isClosing = false
    private var quietSince: NIODeadline
    private var stuckSince: NIODeadline?

    init(loop: RPCLoop) {
        self.loop = loop
        quietSince = loop.now
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes):
            if let call { receive(bytes, on: call) }
        case .end:
            expectsMore = false
            if let call { receiveEnd(of: call) }
            if isAnswered, !keepsAlive { closeSoon() }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        quietSince = loop.now
        if let call { loop.setTimer(call, at: self) }
        context.flush()
        context.fireChannelReadComplete()
    }

    private func begin(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var head = CallHead()
        head.isPost = request.method == .POST
        head.path = String(request.uri.prefix { $0 != "?" })
        var expects = false
        for (name, value) in request.headers {
            let name = name.lowercased()
            if name == "expect" { expects = value.lowercased() == "100-continue" }
            head.take(name, value)
        }
        keepsAlive = request.isKeepAlive && !isClosing
        expectsMore = true
        isAnswered = false
        do throws(Refused) {
            if head.dialect?.form == .grpc { throw .http(505, header: nil) }
            call = try makeCall(.rootStream, head)
            if expects { write(.head(HTTPResponseHead(version: .http1_1, status: .continue)), context) }
        } catch {
            refuse(error, context)
        }
    }

    // MARK: What goes out

    func answer(_ call: Call, with body: ByteBuffer) {
        guard let context else { return }
        var body = body
        if call.dialect.form == .grpcWeb { body.writeImmutableBuffer(AnswerTail.web(.ok)) }
        let gzip = call.answersGzip ? AnswerHeaders.encodingHeader(call.dialect) : nil
        whole(.ok, call.dialect.contentType, body, gzip: gzip, context)
        finish(call)
    }

    func beginAnswer(_ call: Call) {
        guard let context, call.stage == .receiving else { return }
        call.stage = .streaming
        var headers = HTTPHeaders([("content-type", call.dialect.contentType)])
        if !keepsAlive { headers.add(name: "connection", value: "close") }
        write(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)), context)
        flush(context)
    }

    func send(_ message: ByteBuffer, on call: Call, sent: EventLoopPromise<Void>?) {
        guard let context else {
            sent?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(.body(.byteBuffer(message))), promise: sent)
        flush(context)
    }

    func end(_ call: Call, with status: RPCStatus) {
        guard let context, call.stage != .ended else { return }
        if call.stage == .streaming {
            write(.body(.byteBuffer(AnswerTail.of(call.dialect, status))), context)
            write(.end(nil), context)
        } else {
            fail(status, call.dialect, context)
        }
        finish(call)
        flush(context)
    }

    private func refuse(_ refused: Refused, _ context: ChannelHandlerContext) {
        switch refused {
        case .http(let status, let header):
            whole(HTTPResponseStatus(statusCode: status), nil, ByteBuffer(), header: header, context)
        case .status(let status, let dialect): fail(status, dialect, context)
        }
        isAnswered = true
    }

    private func fail(_ status: RPCStatus, _ dialect: Dialect, _ context: ChannelHandlerContext) {
        guard dialect.form == .connectUnary else {
            return whole(.ok, dialect.contentType, AnswerTail.of(dialect, status), context)
        }
        let header = status.namesEncodings ? ("accept-encoding", MessageEncoding.understood) : nil
        whole(
            HTTPResponseStatus(statusCode: status.code.httpStatus), "application/json",
            ByteBuffer(bytes: status.connectError), header: header, context)
    }

    private func whole(
        _ status: HTTPResponseStatus, _ contentType: String?, _ body: ByteBuffer, gzip: String? = nil,
        header: (String, String)? = nil, _ context: ChannelHandlerContext
    ) {
        var headers = HTTPHeaders()
        headers.reserveCapacity(4)
        if let contentType { headers.add(name: "content-type", value: contentType) }
        headers.add(name: "content-length", value: String(body.readableBytes))
        if let gzip { headers.add(name: gzip, value: "gzip") }
        if let header { headers.add(name: header.0, value: header.1) }
        if !keepsAlive { headers.add(name: "connection", value: "close") }
        write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)), context)
        if body.readableBytes > 0 { write(.body(.byteBuffer(body)), context) }
        write(.end(nil), context)
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(part), promise: nil)
    }

    private func flush(_ context: ChannelHandlerContext) {
        if !isReading { context.flush() }
    }

    private func finish(_ call: Call) {
        self.call = nil
        isAnswered = true
        release(call)
        quietSince = loop.now
        if !keepsAlive || isClosing, !expectsMore { closeSoon() }
    }

    // MARK: Life

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuckSince = context.channel.isWritable ? nil : loop.now
        context.fireChannelWritabilityChanged()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        context = nil
        loop.remove(self)
        if let call { release(call) }
        call = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, isAnswered else { return context.close(promise: nil) }
        keepsAlive = false
        whole(.badRequest, nil, ByteBuffer(), context)
        closeSoon()
    }

    func look(at now: NIODeadline) {
        if let stuckSince, now - stuckSince > Limits.unread {
            context?.close(promise: nil)
        } else if call == nil, now - quietSince > (expectsMore ? Limits.request : Limits.idle) {
            context?.close(promise: nil)
        }
    }

    func beginClosing() {
        isClosing = true
        keepsAlive = false
        guard let call else { return closeSoon() }
        if call.stage == .streaming { end(call, with: .shuttingDown) }
    }

    /// The client gets a moment to read the answer: closing at once, with unread input, would reset it away.
    private func closeSoon() {
        guard let context else { return }
        context.flush()
        let bound = context.loopBound
        context.eventLoop.scheduleTask(in: .milliseconds(200)) { bound.value.close(promise: nil) }
    }

    func closeNow() { context?.close(promise: nil) }
}
