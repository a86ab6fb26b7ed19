import Glibc
import NIOCore
import NIOHTTP1

/// Asks a connection to close as soon as no request is under way on it.
struct FinishUp: Sendable {}

/// One connection: gathers a request, has it answered, and keeps or closes the connection.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let largestBody = 64 << 10

    private let shop: Shop
    /// The connection's own, valid while the channel is active; only looked at.
    private let descriptor: Int32
    /// A request came on this connection, whether or not it was the last.
    private var wasAsked = false
    private var head: HTTPRequestHead?
    private var isBroken = false
    private var body = ""

    init(shop: Shop, descriptor: Int32) {
        self.shop = shop
        self.descriptor = descriptor
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            wasAsked = true
            body = ""
        case .body(let part):
            if body.utf8.count <= RequestHandler.largestBody { body += String(buffer: part) }
        case .end:
            guard let head else { return }
            let request = Request(
                method: head.method, path: String(head.uri.prefix { $0 != "?" }), body: body,
                customer: head.headers.first(name: "X-Customer").map { String($0.prefix(64)) },
                isLocal: context.remoteAddress.map(isLoopback) ?? false)
            let reply =
                body.utf8.count > RequestHandler.largestBody
                ? Reply(.payloadTooLarge, "the body has more than \(RequestHandler.largestBody) bytes\n")
                : shop.reply(to: request)
            answer(head, with: reply, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, with reply: Reply, _ context: ChannelHandlerContext) {
        guard !reply.never else { return }
        let started = NIODeadline.now()
        let route = Route(head.uri.prefix { $0 != "?" })
        shop.metrics.begin(route)
        context.eventLoop.assumeIsolated().scheduleTask(in: reply.delay) { [self] in
            let seconds = Double((NIODeadline.now() - started).nanoseconds) / 1e9
            shop.metrics.end(route, code: Int(reply.status.code), seconds: seconds)
            if context.channel.isActive { send(reply, for: head, context) }
        }
    }

    private func send(_ reply: Reply, for head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // Asked only now: the stop may have begun while the request was worked on.
        let keepAlive = head.isKeepAlive && !shop.isDraining && !isBroken
        var headers: HTTPHeaders = [
            "Content-Type": reply.type, "Content-Length": String(reply.body.utf8.count), "X-Version": shop.version,
        ]
        if !keepAlive {
            headers.add(name: "Connection", value: "close")
        } else if head.version == .http1_0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let responseHead = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
        }
        self.head = nil
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepAlive { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    /// Closes the connection unless a request is under way on it, which will end it with its answer.
    ///
    /// Under load, a request may have arrived that was not read yet: then nothing is closed before it was. One who has
    /// only just connected has a moment to ask.
    private func closeWhenIdle(_ context: ChannelHandlerContext, patience: Int) {
        guard head == nil, context.channel.isActive else { return }
        var byte: UInt8 = 0
        let isAsking = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
        guard isAsking || patience > 0 else { return context.close(promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [self] in
            closeWhenIdle(context, patience: patience - 1)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is FinishUp {
            closeWhenIdle(context, patience: wasAsked ? 0 : 50)
        } else if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is no HTTP gets an answer too, unless one is on its way.
        guard error is HTTPParserError, head == nil else { return context.close(promise: nil) }
        isBroken = true
        let nothing = HTTPRequestHead(version: .http1_1, method: .GET, uri: "")
        send(Reply(.badRequest, "this is not a valid HTTP request\n"), for: nothing, context)
    }

    private func isLoopback(_ address: SocketAddress) -> Bool {
        let text = address.ipAddress ?? ""
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
