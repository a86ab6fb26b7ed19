import NIOCore
package import NIOHTTP1
import NIOPosix
import Synchronization

package struct ReceivedRequest: Sendable {
    package var head: HTTPRequestHead
    package var body: [UInt8]
}

/// A real HTTP server on the loopback address that answers as it is told.
package final class LocalServer: Sendable {
    package enum Answer: Sendable {
        case status(HTTPResponseStatus, headers: [String: String] = [:], body: String = "")
        case silence
        case closing
        /// The head and the beginning of a body, and never the rest.
        case beginning(String)
    }

    private struct State {
        var answers: [Answer]
        var received: [ReceivedRequest] = []
    }

    private let state: Mutex<State>
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameter answers: in turn; the last one is repeated.
    package convenience init(_ answers: Answer...) { self.init(answers) }

    package init(_ answers: [Answer]) {
        state = Mutex(State(answers: answers))
    }

    /// Answers its port.
    package func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    package func stop() async {
        try? await channel.withLock { $0 }?.close().get()
    }

    package var received: [ReceivedRequest] { state.withLock { $0.received } }

    fileprivate func answer(_ request: ReceivedRequest) -> Answer {
        state.withLock { state in
            state.received.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
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
            switch server.answer(ReceivedRequest(head: head, body: body)) {
            case .silence: break
            case .closing: context.close(promise: nil)
            case .beginning(let text):
                let headers = HTTPHeaders([("Content-Length", "\(text.utf8.count + 100)")])
                context.write(
                    wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))),
                    promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            case .status(let status, let headers, let text):
                var all = HTTPHeaders(headers.map { ($0.key, $0.value) })
                all.add(name: "Content-Length", value: "\(text.utf8.count)")
                context.write(
                    wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: all))),
                    promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
