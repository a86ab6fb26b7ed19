import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server in the tests' own process that answers as it is told.
final class SmallServer: Sendable {
    typealias Answer = @Sendable (HTTPRequestHead, [UInt8]) -> (status: HTTPResponseStatus, body: [UInt8])

    private let answer: Answer
    private let channel = Mutex<(any Channel)?>(nil)

    init(_ answer: @escaping Answer) { self.answer = answer }

    /// Returns its address, for example `http://127.0.3.100:41234`.
    func start() async throws -> String {
        let answer = answer
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(SmallServerHandler(answer))
                }
            }
            .bind(host: Address.server, port: 0).get()
        self.channel.withLock { $0 = channel }
        return "http://\(Address.server):\(channel.localAddress?.port ?? 0)"
    }

    func stop() async {
        try? await channel.withLock { $0 }?.close().get()
    }
}

private final class SmallServerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: SmallServer.Answer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ answer: @escaping SmallServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let buffer): body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            let (status, bytes) = answer(head, body)
            let headers: HTTPHeaders = ["Content-Length": "\(bytes.count)"]
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
