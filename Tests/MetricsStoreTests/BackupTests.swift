import MetricsFormats
import Series
import Testing
import Values

@testable import MetricsStore

@Suite struct BackupTests {
    @Test(
        "a backup of a running store is a store with everything that was acknowledged before", .timeLimit(.minutes(1)))
    func running() async throws {
        let folder = try TemporaryFolder()
        var options = StoreOptions()
        options.blockLength = 100_000
        options.retentionAge = 0
        let store = try MetricsStore(path: folder.file("store"), options: options)
        let labels: Labels = ["__name__": "m", "host": "a"]
        for step in 0..<100 { try await store.put(labels, [(Int64(step) * 10_000, Double(step))]) }
        try store.tidyNow()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var step = 0
                while !Task.isCancelled {
                    try await store.put(
                        ["__name__": "noise", "series": "\(step % 50)"], [(Int64(step) * 10 + 900_000, 1)])
                    step += 1
                }
            }
            for number in 0..<3 {
                try await store.put(labels, [(1_000_000 + Int64(number) * 10_000, 1)])
                try store.backUp(to: folder.file("backup-\(number)"))
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        #expect(throws: StoreError.self) { try store.backUp(to: folder.file("backup-0")) }
        store.close()
        for number in 0..<3 {
            let copy = try MetricsStore(path: folder.file("backup-\(number)"), options: options)
            #expect(copy.recovery.problems == [])
            #expect(try copy.values(labels).count == 101 + number)
            #expect(copy.blockFigures.count > 0)
            copy.close()
        }
    }

    @Test("counters rise exactly: from their start, over restarts that did not fall, by cohort")
    func increases() async throws {
        let folder = try TemporaryFolder()
        let store = try MetricsStore(path: folder.path)
        func counter(_ host: String, _ cohort: String) -> Labels {
            ["__name__": "requests", "host": host, "cohort": cohort]
        }
        // Started within the stretch: the first sample counts as a whole.
        try await store.put(counter("a", "canary"), [(120_000, 5), (135_000, 8)], start: 110_000)
        // There before: only what was added.
        try await store.put(counter("b", "baseline"), [(90_000, 100), (105_000, 110), (135_000, 130)], start: 1)
        // Restarted, and counted further than before when it was next seen.
        try await store.put(counter("c", "baseline"), [(95_000, 10)], start: 1)
        try await store.put(counter("c", "baseline"), [(130_000, 40)], start: 100_000)
        let rises = try store.increases(
            [LabelMatcher("__name__", .equal, "requests")], by: ["cohort"],
            after: Timestamp(milliseconds: 100_000), through: Timestamp(milliseconds: 140_000),
            reachingBack: .seconds(60))
        #expect(rises.map(\.labels) == [["cohort": "baseline"], ["cohort": "canary"]])
        #expect(rises.map(\.increase.value) == [70, 8])
        #expect(rises.map(\.increase.resets) == [1, 0])
        store.close()
    }

    @Test("deltas become running totals, and a repeated one is taken once")
    func deltas() async throws {
        let folder = try TemporaryFolder()
        let store = try MetricsStore(path: folder.path)
        for (time, value) in [(1, 5), (2, 0), (3, 2), (3, 2), (4, 1)] {
            let json = """
                {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"hits","sum":{"aggregationTemporality":1,"isMonotonic":true,
                "dataPoints":[{"startTimeUnixNano":"\(time - 1)000000000","timeUnixNano":"\(time)000000000","asInt":"\(value)"}]}}]}]}]}
                """
            var batch = IngestBatch()
            try OTLPDecoder().decode(json: Array(json.utf8), into: &batch)
            _ = try await store.write(batch)
        }
        #expect(try store.values(["__name__": "hits_total"]) == [1000: 5, 2000: 5, 3000: 7, 4000: 8])
        store.close()
    }
}
