import Foundation
import Logging
import MetricsFormats
import MetricsStore
import Ports
import PromQL
import Series
import TestSupport
import Testing
import Values

@testable import RemoteMetrics

/// What checks and rules read of a real backend is what they read of the embedded store.
@Suite(.serialized) struct RealBackendTests {
    /// A program that answers Prometheus' API.
    struct Peer: Sendable, CustomTestStringConvertible {
        var program: String
        var arguments: @Sendable (_ folder: String, _ address: String) -> [String]

        var testDescription: String { program }

        static let all = [
            Peer(program: "/usr/bin/prometheus") { folder, address in
                [
                    "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                    "--web.listen-address=\(address)", "--web.enable-remote-write-receiver",
                ]
            },
            Peer(program: "/usr/bin/victoria-metrics") { folder, address in
                ["-storageDataPath=\(folder)/data", "-httpListenAddr=\(address)", "-retentionPeriod=100y"]
            },
        ]
    }

    private static func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// Counters of two versions on four hosts, one of which is restarted, with times between the seconds.
    private static func batch(through end: Int64) -> IngestBatch {
        var batch = IngestBatch()
        for host in 1...4 {
            for code in ["200", "500"] {
                var samples = SampleBuffer()
                var count = 0.0
                for step in 0..<120 {
                    count = host == 4 && step == 70 ? 3 : count + Double((step * host) % 7) + (code == "500" ? 0 : 5)
                    samples.append(time: end - Int64(119 - step) * 5000 - Int64(host * 37), value: count)
                }
                if host == 2 { samples.append(time: end - 10, value: Sample.staleMarker) }
                batch.append(
                    [
                        "__name__": "http_requests_total", "service": "shop", "version": host > 2 ? "v2" : "v1",
                        "host": "web-\(host)", "code": code, "note": "a \"b\\c\"",
                    ], samples)
            }
        }
        return batch
    }

    private static let queries = [
        "sum by (version) (rate(http_requests_total[1m]))", "count by (host) (http_requests_total)",
        "http_requests_total{code=~\"5..\",note=\"a \\\"b\\\\c\\\"\"} offset 30s",
        "max_over_time(http_requests_total[90s])",
    ]

    private struct Seen: Equatable, Sendable {
        var increases: [String] = []
        var results: [String] = []
    }

    @Sendable private static func look(_ data: any Queryable, at now: Timestamp) -> Seen {
        var seen = Seen()
        for code in ["2..", "5..", "9.."] {
            let matchers = [
                LabelMatcher("__name__", .equal, "http_requests_total"), LabelMatcher("service", .equal, "shop"),
                LabelMatcher("code", .matches, code), LabelMatcher("version", .notEqual, "v9"),
            ]
            let found = try? data.increases(
                matchers, by: ["host", "version"], after: now - .seconds(203), through: now, reachingBack: .seconds(20))
            seen.increases += found?.map { "\($0)" } ?? ["nothing"]
        }
        for text in queries {
            let result = try? Query(text).evaluate(at: now, data: data)
            guard case .vector(let elements)? = result?.value else {
                seen.results.append("nothing")
                continue
            }
            seen.results += elements.map { "\($0.labels) \(Float($0.value))" }.sorted()
        }
        return seen
    }

    @Test("counters, rates and selectors are read alike", arguments: Peer.all)
    func alike(_ peer: Peer) async throws {
        guard FileManager.default.isExecutableFile(atPath: peer.program) else {
            Issue.record("\(peer.program) is not there: Scripts/install-dependencies test brings it")
            return
        }
        let folder = "/tmp/halcyon-backend-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "global: {}\n".write(toFile: "\(folder)/prometheus.yml", atomically: true, encoding: .utf8)
        // A port that was free a moment ago.
        let probe = LocalServer(.silence)
        let port = try await probe.start()
        await probe.stop()
        let process = Process()
        process.executableURL = URL(filePath: peer.program)
        process.arguments = peer.arguments(folder, "127.0.0.1:\(port)")
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let end = Self.now()
        let batch = Self.batch(through: end.milliseconds)
        let store = try MetricsStore(path: "\(folder)/store")
        defer { store.close() }
        _ = try await store.write(batch)
        try await send(batch, to: "http://127.0.0.1:\(port)/api/v1/write", folder)

        let backend = try RemoteBackend(
            BackendSettings(url: "http://127.0.0.1:\(port)", option: "--metrics-url"), release: "1",
            timeout: .seconds(30))
        let expected = await store.reading { Self.look($0, at: end) }
        #expect(expected.increases.count == 8)
        var found = Seen()
        // VictoriaMetrics shows what came in a moment later.
        try await waitFor("the backend to have all", within: .seconds(30)) {
            found = await backend.reading { Self.look($0, at: end) }
            return found == expected || Self.now() > end + .seconds(20)
        }
        #expect(found.increases == expected.increases)
        #expect(found.results == expected.results)
        await backend.shutDown()
    }

    private func send(_ batch: IngestBatch, to url: String, _ folder: String) async throws {
        let outbox = try Outbox(path: "\(folder)/queue", limit: 1 << 30, receivers: ["a"])
        let writer = try RemoteWriter(
            BackendSettings(url: url, option: "--remote-write-url"), queue: outbox, receiver: 0, release: "1",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { Self.now() })
        outbox.append(RemoteWriteEncoder.bodies(batch, IngestReport(), limit: 2000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await writer.run() }
            try await waitFor("all to be sent") { writer.condition().queue.pending == 0 }
            group.cancelAll()
        }
        #expect(writer.condition().refused == 0)
        await writer.shutDown()
        outbox.close()
    }
}
