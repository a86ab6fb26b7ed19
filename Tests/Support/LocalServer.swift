import NIOCore
package import NIOHTTP1
import NIOPosix
import Synchronization

package struct ReceivedRequest: Sendable {
    package var head: HTTPRequestHead
    package var body: [UInt8]
}

/// A real HTTP server on a loopback address that answers as it is told.
package final class LocalServer: Sendable {
    package enum Answer: Sendable {
        /// A length among the headers is announced in the place of the body's own.
        case status(HTTPResponseStatus, headers: [String: String] = [:], body: String = "")
        case bytes([UInt8])
        case silence
        case closing
        /// The head and the beginning of a body, and never the rest.
        case beginning(String, closes: Bool = false)
    }

    private let address: String
    private let answers: @Sendable (ReceivedRequest) -> Answer
    private let requests = Mutex<[ReceivedRequest]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    package init(address: String = "127.0.0.1", _ answers: @escaping @Sendable (ReceivedRequest) -> Answer) {
        self.address = address
        self.answers = answers
    }

    /// - Parameter answers: in turn; the last one is repeated.
    package convenience init(_ answers: Answer...) { self.init(answers) }

    package convenience init(_ answers: [Answer]) {
        let left = Mutex(answers)
        self.init { _ in left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    /// Answers its port.
    @discardableResult package func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                }
            }
            .bind(host: address, port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    /// For example `http://127.0.0.1:41234`, while it is started.
    package var url: String { "http://\(address):\(channel.withLock { $0 }?.localAddress?.port ?? 0)" }

    package func stop() async {
        try? await channel.withLock { $0 }?.close().get()
    }

    package var received: [ReceivedRequest] { requests.withLock { $0 } }

    fileprivate func answer(_ request: ReceivedRequest) -> Answer {
        requests.withLock { $0.append(request) }
        return answers(request)
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: LocalServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(server: LocalServer) {
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let buffer): body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            let request = ReceivedRequest(head: head, body: body)
            switch server.answer(request) {
            case .silence: break
            case .closing: context.close(promise: nil)
            case .beginning(let text, let closes):
                write(context, .ok, ["Content-Length": "\(text.utf8.count + 100)"], Array(text.utf8))
                context.flush()
                if closes { context.close(promise: nil) }
            case .bytes(let bytes): end(context, .ok, [:], bytes, to: request)
            case .status(let status, let headers, let text):
                end(context, status, headers, Array(text.utf8), to: request)
            }
        }
    }

    private func end(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: [String: String], _ body: [UInt8],
        to request: ReceivedRequest
    ) {
        let all = ["Content-Length": "\(body.count)"].merging(headers) { $1 }
        write(context, status, all, request.head.method == .HEAD ? [] : body)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func write(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: [String: String], _ body: [UInt8]
    ) {
        let headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        guard !body.isEmpty else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }
}
