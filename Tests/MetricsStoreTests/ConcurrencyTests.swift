import MetricsFormats
import Series
import Synchronization
import Testing

@testable import MetricsStore

@Suite struct ConcurrencyTests {
    @Test("writers, queries, blocks and compaction at once: every query sees whole series", .timeLimit(.minutes(3)))
    func everythingAtOnce() async throws {
        let folder = try TemporaryFolder()
        var options = StoreOptions()
        options.blockLength = 30_000
        options.maximumBlockLength = 240_000
        options.idleAfter = 60_000
        options.retentionAge = 0
        options.checkpointBytes = 50_000
        let store = try MetricsStore(path: folder.path, options: options)
        let steps = 250
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    for step in 0..<steps {
                        var batch = IngestBatch()
                        for series in 0..<40 {
                            batch.append(
                                Self.labels(writer, series, step), time: Int64(step) * 1000, value: Double(step),
                                start: 1)
                        }
                        let report = try await store.write(batch)
                        #expect(report.accepted == 40, "\(report)")
                        progress.written.withLock { $0[writer] = step }
                    }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    while true {
                        let before = progress.written.withLock { $0 }
                        for writer in 0..<3 {
                            let read = try store.read([
                                LabelMatcher("writer", .equal, "\(writer)"), LabelMatcher("series", .matches, "1|2"),
                            ])
                            for (labels, buffer) in read {
                                #expect(buffer.times.map { $0 / 1000 } == buffer.values.map { Int64($0) })
                                #expect(
                                    zip(buffer.times, buffer.times.dropFirst()).allSatisfy { $1 - $0 == 1000 },
                                    "\(labels)")
                            }
                            let last = read.values.compactMap(\.values.last).max() ?? -1
                            #expect(last >= Double(before[writer]), "what was acknowledged before the query is in it")
                        }
                        if before.allSatisfy({ $0 == steps - 1 }) { return }
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                while progress.written.withLock({ $0.contains { $0 < steps - 1 } }) {
                    try store.tidyNow()
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        try store.tidyNow()
        #expect(try store.read([LabelMatcher("writer", .equal, "0")]).values.reduce(0) { $0 + $1.count } == 40 * steps)
        #expect(store.blockFigures.count > 0)
        store.close()
    }

    /// The last step of each writer that was acknowledged.
    private final class Progress: Sendable {
        let written = Mutex([Int](repeating: -1, count: 3))
    }

    /// Every fourth series is another one every sixty steps.
    private static func labels(_ writer: Int, _ series: Int, _ step: Int) -> Labels {
        [
            "__name__": "m", "writer": "\(writer)", "series": "\(series)",
            "generation": series % 4 == 0 ? "\(step / 60)" : "0",
        ]
    }
}
