import NIOCore
import NIOHTTP1
import NIOPosix

/// What a test server was asked.
struct TestRequest: Sendable {
    var method: String
    /// The path with its query.
    var path: String
    var headers: [String: String]
    var body: String
}

/// What a test server answers.
struct TestReply: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body = ""
    /// False leaves the answer open, as a live stream does.
    var ends = true
    /// True closes the connection in the middle of the answer.
    var breaks = false

    static func json(_ text: String) -> TestReply {
        TestReply(headers: ["Content-Type": "application/json"], body: text)
    }

    static func problem(_ status: Int, _ text: String) -> TestReply {
        TestReply(status: status, headers: ["Content-Type": "application/json"], body: text)
    }
}

/// Serves HTTP on a loopback port for the time of `body`.
func withTestServer<Result: Sendable>(
    _ respond: @escaping @Sendable (TestRequest) -> TestReply, _ body: (_ address: String) async throws -> Result
) async throws -> Result {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
            channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(ReplyHandler(respond))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    let result: Result
    do {
        result = try await body("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
    } catch {
        try await channel.close()
        throw error
    }
    try await channel.close()
    return result
}

private final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let respond: @Sendable (TestRequest) -> TestReply
    private var request = TestRequest(method: "", path: "", headers: [:], body: "")

    init(_ respond: @escaping @Sendable (TestRequest) -> TestReply) {
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
            request = TestRequest(
                method: head.method.rawValue, path: head.uri, headers: Dictionary(headers) { $1 }, body: "")
        case .body(let buffer):
            request.body += String(buffer: buffer)
        case .end:
            answer(context, respond(request))
        }
    }

    private func answer(_ context: ChannelHandlerContext, _ reply: TestReply) {
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status))
        for (name, value) in reply.headers { head.headers.add(name: name, value: value) }
        let isPlain = reply.ends && !reply.breaks
        if isPlain && reply.headers["Content-Length"] == nil {
            head.headers.add(name: "Content-Length", value: "\(reply.body.utf8.count)")
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != "HEAD", !reply.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
        }
        if isPlain {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            context.flush()
            if reply.breaks { context.close(promise: nil) }
        }
    }
}
