import FoundationEssentials
import Logging
import MetricsFormats
import MetricsStore
import NIOHTTP1
import Ports
import Series
import TestSupport
import Testing
import Values

@testable import RemoteMetrics

@Suite struct WriterTests {
    /// Has samples sent to a server that answers so, until nothing waits or `until` is so.
    private func send(
        _ answers: [LocalServer.Answer], samples: Int, until: (DeliveryCondition) -> Bool = { $0.queue.pending == 0 }
    ) async throws -> (condition: DeliveryCondition, received: [ReceivedRequest]) {
        let folder = "/tmp/halcyon-writer-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = LocalServer(answers)
        let port = try await server.start()
        let outbox = try Outbox(path: folder, limit: 1 << 30, receivers: ["a"])
        let headers = "\(folder)/headers"
        try "# for tests\nX-Scope-OrgID:  shop \nAuthorization: Bearer hush\n".write(
            toFile: headers, atomically: true, encoding: .utf8)
        var settings = try BackendSettings(url: "http://127.0.0.1:\(port)/write?key=hush", option: "--remote-write-url")
        settings.headersFile = headers
        let writer = try RemoteWriter(
            settings, queue: outbox, receiver: 0, release: "1",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) })
        var batch = IngestBatch()
        for number in 0..<samples { batch.append(["__name__": "m"], time: Int64(number), value: Double(number)) }
        outbox.append(RemoteWriteEncoder.bodies(batch, IngestReport(), limit: 2000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await writer.run() }
            try await waitFor("all to be sent") { until(writer.condition()) }
            group.cancelAll()
        }
        let condition = writer.condition()
        await writer.shutDown()
        outbox.close()
        await server.stop()
        return (condition, server.received)
    }

    private func times(_ request: ReceivedRequest) throws -> [Int64] {
        var decoder = RemoteWriteDecoder()
        var batch = IngestBatch()
        try request.body.withUnsafeBytes { try decoder.decode($0, .one, into: &batch) }
        return batch.times
    }

    @Test("a request is as the protocol has it, with the headers of the file and no secret in the condition")
    func request() async throws {
        let (condition, received) = try await send([.status(.noContent)], samples: 3)
        #expect(condition.delivered == 3)
        #expect(condition.newestTime == 2)
        #expect(!"\(condition)".contains("hush"))
        let head = try #require(received.first).head
        #expect(head.uri == "/write?key=hush")
        #expect(head.headers["content-encoding"] == ["snappy"])
        #expect(head.headers["content-type"] == ["application/x-protobuf"])
        #expect(head.headers["x-prometheus-remote-write-version"] == ["0.1.0"])
        #expect(head.headers["x-scope-orgid"] == ["shop"])
        #expect(head.headers["authorization"] == ["Bearer hush"])
        #expect(try times(received[0]) == [0, 1, 2])
    }

    @Test("what fails for now is sent again, the same and in its order")
    func retries() async throws {
        let (condition, received) = try await send(
            [
                .status(.serviceUnavailable), .closing, .status(.tooManyRequests, headers: ["Retry-After": "0"]),
                .status(.unauthorized), .status(.noContent),
            ], samples: 4500)
        #expect(condition.delivered == 4500)
        #expect(condition.retries == 4)
        #expect(condition.problem == nil)
        #expect(condition.refused == 0)
        let sent = try received.map { try times($0) }
        #expect(sent.prefix(5).allSatisfy { $0 == Array(0..<2000) })
        #expect(sent.dropFirst(4).flatMap { $0 } == Array(0..<4500))
    }

    @Test("of a batch that is refused as a whole the pieces that are wanted arrive")
    func halving() async throws {
        let refused = LocalServer.Answer.status(.badRequest, body: "out of order sample")
        let (condition, received) = try await send(
            [refused, refused, refused, refused, .status(.noContent)], samples: 8)
        // All, the first half, its first half, its first sample: then the rest is taken.
        #expect(try received.map { try times($0).count } == [8, 4, 2, 1, 1, 2, 4])
        #expect(condition.delivered == 7)
        #expect(condition.refused == 1)
    }

    @Test("while the receiver is away everything waits, and it is said why")
    func away() async throws {
        let (condition, _) = try await send([.closing], samples: 10) { $0.retries > 1 }
        #expect(condition.queue.pending == 10)
        #expect(condition.problem?.contains("http://127.0.0.1:") == true)
    }
}
