import NIOCore
import NIOPosix
import Testing
import Values

@testable import Agent
@testable import Targets

/// Sends the head of an answer, and then a byte of its body now and then, for ever.
private final class Drip: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let drips: Bool

    init(drips: Bool) { self.drips = drips }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let beginning = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\na 1\n"
        channel.writeAndFlush(ByteBuffer(string: beginning), promise: nil)
        guard drips else { return }
        channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
            guard channel.isActive else { return task.cancel() }
            channel.writeAndFlush(ByteBuffer(string: "#"), promise: nil)
        }
    }
}

@Suite("Asking targets", .timeLimit(.minutes(2)))
struct TargetClientTests {
    @Test("A target whose port is closed is refused at once, not late")
    func refused() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let job = ScrapeJob(name: "closed", interval: .seconds(60), timeout: .seconds(60))
        // Nobody listens on the first port.
        guard case .active(let endpoint)? = job.targets(of: [TargetGroup(targets: ["127.0.0.1:1"])]).first else {
            Issue.record("no target")
            return
        }
        let queue = SampleQueue()
        let client = TargetClient(group: group)
        await TargetSource(endpoint, of: job, external: [], queue: queue)
            .scrape(client, refusal: nil, path: { $0 })
        let blocks = queue.take().map { String(decoding: $0, as: UTF8.self) }
        #expect(blocks.count == 1 && blocks.first?.contains("connection refused") == true, "\(blocks)")
        await client.shutdown()
    }

    @Test("A target whose answer never ends fails in time, and is asked again", arguments: [true, false])
    func drip(drips: Bool) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Drip(drips: drips))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = "127.0.0.1:\(server.localAddress?.port ?? 0)"
        let job = ScrapeJob(name: "slow", interval: .seconds(1), timeout: .milliseconds(200))
        guard case .active(let endpoint)? = job.targets(of: [TargetGroup(targets: [address])]).first else {
            Issue.record("no target")
            return
        }
        let queue = SampleQueue()
        let source = TargetSource(endpoint, of: job, external: [], queue: queue)
        let client = TargetClient(group: group)
        for _ in 0..<2 {
            await source.scrape(client, refusal: nil, path: { $0 })
            let blocks = queue.take().map { String(decoding: $0, as: UTF8.self) }
            #expect(blocks.count == 1 && blocks.first?.contains("no answer in time") == true, "\(blocks)")
        }
        await client.shutdown()
        try await server.close()
    }
}
