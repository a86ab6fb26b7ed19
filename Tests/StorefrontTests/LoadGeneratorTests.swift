import LoadGenerator
import NIOCore
import NIOPosix
import TestSupport
import Testing
import Values

@Suite(.serialized) struct LoadGeneratorTests {
    /// Runs until `isEnough`, and reports.
    private func run(_ load: LoadGenerator, until isEnough: (LoadReport.Counts) -> Bool) async throws -> LoadReport {
        let sending = Task { await load.run() }
        _ = try await eventually("enough was sent") { isEnough(load.snapshot().total) ? true : nil }
        sending.cancel()
        return await sending.value
    }

    @Test("What nobody listens to is counted as refused, target by target")
    func refused() async throws {
        let instance = try Instance("version=v1\nerror_rate=1")
        let port = try await instance.port()
        _ = try await instance.notification()
        let silentSocket = try HeldSocket(listens: false)
        let free = silentSocket.port
        let load = try LoadGenerator(targets: ["127.0.0.1:\(port)", "127.0.0.1:\(free)"], rate: 200)
        let report = try await run(load) { $0.failedByTransport >= 20 && $0.failedByAnswer >= 20 }
        let answering = try #require(report.targets["127.0.0.1:\(port)"])
        let silent = try #require(report.targets["127.0.0.1:\(free)"])
        #expect(answering.failedByAnswer == answering.sent)
        #expect(answering.failedAnswers == ["v1": answering.sent])
        #expect(answering.firstFailedAnswer ?? .epoch <= answering.lastFailedAnswer ?? .epoch)
        #expect(answering.firstTransportFailure == nil)
        #expect(answering.medianMilliseconds != nil)
        #expect(silent.transportFailures == ["refused": silent.sent])
        #expect(silent.medianMilliseconds == nil)
        #expect(report.total.sent == answering.sent + silent.sent)
        #expect(report.total.open == 0)
        withExtendedLifetime(silentSocket) {}
    }

    @Test("A kept connection that is closed instead of an answer is a lost request")
    func closedKeptConnection() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AnswersOnce()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let load = try LoadGenerator(targets: ["127.0.0.1:\(port)"], rate: 100)
        let report = try await run(load) { $0.failedByTransport >= 5 }
        #expect(
            Set(report.total.transportFailures.keys).isSubset(of: ["kept connection closed without an answer", "reset"])
        )
        #expect(report.total.ok > 0)
        #expect(report.total.ok + report.total.failedByTransport == report.total.sent)
        try await server.close()
    }

    @Test("No more requests than allowed are open at a time")
    func bounded() async throws {
        let instance = try Instance("latency_ms=3000")
        let port = try await instance.port()
        _ = try await instance.notification()
        let load = try LoadGenerator(targets: ["127.0.0.1:\(port)"], rate: 500, mostOpen: 7)
        let report = try await run(load) { $0.unsent >= 20 }
        #expect(report.total.ok == 7)
        #expect(report.total.sent == 7)
    }

    @Test(
        "A wrong target or rate is refused",
        arguments: ["localhost", "127.0.0.1:0", "127.0.0.1:x", "shop.example:80", ""])
    func mistakes(target: String) {
        let error = #expect(throws: LoadGenerator.Mistake.self) { try LoadGenerator(targets: [target], rate: 1) }
        #expect(error?.description == "the target '\(target)' is not IP:PORT")
        #expect(throws: LoadGenerator.Mistake.self) { try LoadGenerator(targets: ["127.0.0.1:80"], rate: 0) }
        #expect(throws: LoadGenerator.Mistake.self) { try LoadGenerator(targets: [], rate: 1) }
    }
}

/// Answers the first request of a connection as if it kept it open, and closes it at the second.
private final class AnswersOnce: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var hasAnswered = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return context.close(promise: nil) }
        hasAnswered = true
        let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }
}
