import FoundationEssentials
import MetricsFormats
import MetricsStore
import Ports
import Series
import Testing

@testable import RemoteMetrics

@Suite struct SharedMetricsTests {
    private func with(_ body: (MetricsStore, String) throws -> Void) throws {
        let folder = "/tmp/halcyon-shared-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try MetricsStore(path: "\(folder)/metrics")
        defer { store.close() }
        try body(store, folder)
    }

    private var batch: IngestBatch {
        var batch = IngestBatch()
        batch.append(["__name__": "m"], time: 1, value: 1)
        return batch
    }

    @Test("what is sent on as well can be copied as ever, once under a name")
    func snapshot() throws {
        try with { store, folder in
            let outbox = try Outbox(path: "\(folder)/queue", limit: 1 << 20, receivers: ["a"])
            defer { outbox.close() }
            let shared = SharedMetrics(store: store, queue: outbox, writers: [], backend: nil)
            #expect(try shared.take(batch, now: nil).accepted == 1)
            let copy = try shared.snapshot(named: "one")
            #expect(try FileManager.default.contentsOfDirectory(atPath: copy).contains("blocks"))
            #expect(throws: MetricsRefusal.self) { try shared.snapshot(named: "one") }
            #expect(FileManager.default.fileExists(atPath: copy))
        }
    }

    @Test("nothing is taken in that could not be sent on, and it is said why")
    func brokenQueue() throws {
        try with { store, _ in
            let shared = SharedMetrics(
                store: store, queue: BrokenOutgoingSamples(reason: "the disk is gone"), writers: [], backend: nil)
            #expect(throws: MetricsRefusal.self) { try shared.take(batch, now: nil) }
            #expect(store.seriesCount == 0)
            #expect(shared.condition().problem?.contains("the disk is gone") == true)
        }
    }
}
