import Glibc
import NIOCore
import NIOHTTP1

/// One client connection: at most one request at a time, never a second try.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private struct Exchange {
        let due: NIODeadline
        let keepAlive: Bool
        let timeout: Scheduled<Void>
    }

    private let target: TargetLoad
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var response: HTTPResponseHead?
    private var failure: String?
    private var wasUsed = false

    init(target: TargetLoad) {
        self.target = target
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Sends a request that was due at `due`; the connection is idle.
    func send(path: String, customer: Int, keepAlive: Bool, due: NIODeadline, timeout: TimeAmount) {
        guard let context, context.channel.isActive else {
            target.finish(.transport("closed before it was used"), self)
            return
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            failure = "no answer in time"
            self.context?.close(promise: nil)
        }
        exchange = Exchange(due: due, keepAlive: keepAlive, timeout: task)
        var headers: HTTPHeaders = [
            "Host": target.name, "User-Agent": "storefront-load", "X-Customer": "customer-\(customer)",
        ]
        if !keepAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Whether the server has closed the connection, even if the event loop has not got to hear of it yet.
    ///
    /// A client with many connections asks before it uses a kept one again; what is closed between that and the sending
    /// of the request is a lost request.
    var isClosedByServer: Bool {
        guard let context, let options = context.channel as? any SocketOptionProvider else { return true }
        var isEstablished = false
        options.getTCPInfo().assumeIsolated().whenSuccess { isEstablished = Int($0.tcpi_state) == TCP_ESTABLISHED }
        return !isEstablished
    }

    func close() { context?.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): response = head
        case .body: break
        case .end: complete(context)
        }
    }

    private func complete(_ context: ChannelHandlerContext) {
        guard let exchange, let response else { return context.close(promise: nil) }
        exchange.timeout.cancel()
        self.exchange = nil
        self.response = nil
        wasUsed = true
        let seconds = Double((NIODeadline.now() - exchange.due).nanoseconds) / 1e9
        let outcome = Outcome.answer(
            status: Int(response.status.code), version: response.headers.first(name: "X-Version") ?? "?",
            seconds: seconds)
        let reusable = exchange.keepAlive && response.isKeepAlive
        target.finish(outcome, reusable ? self : nil)
        if !reusable { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? describe(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let exchange {
            exchange.timeout.cancel()
            self.exchange = nil
            let kind = wasUsed ? "kept" : "new"
            target.finish(.transport(failure ?? "\(kind) connection closed without an answer"), nil)
        }
        target.forget(self)
        context.fireChannelInactive()
    }
}

/// A few words for what happened to a connection; few different ones, as they are counted.
func describe(_ error: any Error) -> String {
    switch error {
    case let error as IOError where error.errnoCode == ECONNREFUSED: "refused"
    case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE: "reset"
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case is HTTPParserError: "closed in the middle of an answer, or no HTTP"
    case ChannelError.connectTimeout: "no connection in time"
    default: "other"
    }
}
