import FoundationEssentials
import MetricsFormats
import Ports
import Series
import Testing

@testable import MetricsStore

@Suite struct StoreTests {
    let folder: TemporaryFolder
    let requests: Labels = ["__name__": "requests", "host": "a", "code": "200"]

    init() throws { folder = try TemporaryFolder() }

    private func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> MetricsStore {
        var options = StoreOptions()
        options.retentionAge = 0
        change(&options)
        return try MetricsStore(path: folder.path, options: options)
    }

    @Test("samples are there at once, and after closing nothing must be read again")
    func lasting() async throws {
        let samples = (0..<500).map { (Int64($0) * 15_000, Double($0 * 3)) }
        let expected = Dictionary(uniqueKeysWithValues: samples)
        let store = try open()
        try await store.put(requests, samples, start: -5)
        #expect(try store.values(requests) == expected)
        store.close()
        let again = try open()
        #expect(again.recovery.records == 0)
        #expect(try again.values(requests) == expected)
        #expect(try again.read([])[requests]?.starts.allSatisfy { $0 == -5 } == true)
        #expect(try await again.put(requests, [(500 * 15_000, 1)]).accepted == 1)
        again.close()
    }

    @Test("late samples are kept in order, the same ones are taken once, conflicting ones are reported")
    func late() async throws {
        let store = try open { $0.lateWindow = 1_000_000 }
        try await store.put(requests, (0..<300).map { (Int64($0) * 10_000, Double($0)) })
        let report = try await store.put(
            requests, [(2_995_000, 7), (2_505_000, 8), (2_990_000, 299), (2_980_000, 0), (2_505_000, 8), (5_000, 1)])
        #expect(report.accepted == 2 && report.late == 1)
        #expect(report.duplicates == 2 && report.conflicts == 1 && report.tooOld == 1)
        #expect(
            report.problems.contains {
                $0.contains("requests{code=\"200\", host=\"a\"} has another value at 2980000")
            })
        let values = try store.values(requests)
        #expect(values[2_505_000] == 8 && values[2_995_000] == 7 && values[2_980_000] == 298)
        #expect(values.count == 302)
        store.close()
        let again = try open()
        #expect(try again.values(requests) == values)
        again.close()
    }

    @Test("many late samples in any order end as if they had come in order")
    func manyLate() async throws {
        let store = try open()
        var generator = SystemRandomNumberGenerator()
        let samples = (0..<2000).map { (Int64($0) * 1000, Double($0) / 4) }
        for part in stride(from: 0, to: 2000, by: 100) {
            let report = try await store.put(requests, samples[part..<part + 100].shuffled(using: &generator))
            #expect(report.accepted == 100, "\(report)")
        }
        try await store.put(requests, samples.shuffled(using: &generator))
        #expect(try store.values(requests) == Dictionary(uniqueKeysWithValues: samples))
        #expect(try store.values(requests, after: 1_000_000, through: 1_100_000).count == 100)
        store.close()
    }

    @Test("matchers find what they should, and absent labels count as empty")
    func matching() async throws {
        let store = try open()
        for host in ["a", "b", "c"] {
            for code in ["200", "404", "500"] {
                try await store.put(["__name__": "requests", "host": host, "code": code], [(1000, 1)])
            }
        }
        try await store.put(["__name__": "up", "host": "a"], [(1000, 1)])
        func count(_ matchers: LabelMatcher...) throws -> Int { try store.read(matchers).count }
        #expect(try count() == 10)
        #expect(try count(LabelMatcher("host", .equal, "a")) == 4)
        #expect(try count(LabelMatcher("code", .equal, "")) == 1)
        #expect(try count(LabelMatcher("code", .notEqual, "200")) == 7)
        #expect(try count(LabelMatcher("code", .matches, "[45]0.")) == 6)
        #expect(try count(LabelMatcher("code", .doesNotMatch, "[45]0.")) == 4)
        #expect(try count(LabelMatcher("__name__", .equal, "requests"), LabelMatcher("host", .matches, "b|c")) == 6)
        #expect(try count(LabelMatcher("nothing", .equal, "x")) == 0)
        #expect(try count(LabelMatcher("nothing", .notEqual, "x"), LabelMatcher("host", .equal, "c")) == 3)
        #expect(try await store.labelNames([], after: .min, through: .max, limit: 0) == ["__name__", "code", "host"])
        #expect(try await store.labelValues("code", [], after: .min, through: .max, limit: 2) == ["200", "404"])
        #expect(throws: QueryError.tooManySeries(limit: 3)) {
            _ = try store.selection(SelectRequest(matchers: [], after: .min, through: .max, limitSeries: 3))
        }
        #expect(throws: QueryError.self) { _ = try count(LabelMatcher("code", .matches, "(")) }
        store.close()
    }

    @Test("what moves to blocks, and from small blocks to large ones, reads the same")
    func blocks() async throws {
        let store = try open { options in
            options.blockLength = 100_000
            options.maximumBlockLength = 800_000
        }
        var expected: [Labels: [Int64: Double]] = [:]
        for step in 0..<200 {
            for host in 0..<5 {
                let labels: Labels = ["__name__": "requests", "host": "\(host)"]
                let (time, value) = (Int64(step) * 10_000 + Int64(host), Double(step * host) / 8)
                expected[labels, default: [:]][time] = value
                try await store.put(labels, [(time, value)], start: host == 3 ? Int64(step / 50) : 0)
            }
            if step % 20 == 19 { try store.tidyNow() }
        }
        let late: Labels = ["__name__": "requests", "host": "2"]
        try await store.put(late, [(5_003, 42)])
        expected[late]?[5_003] = 42
        try store.tidyNow()
        #expect(store.blockFigures.count >= 2)
        for (labels, values) in expected { #expect(try store.values(labels) == values) }
        #expect(try store.read([], after: 95_000, through: 105_000).count == 5)
        #expect(try store.read([LabelMatcher("host", .notEqual, "1")]).count == 4)
        store.close()
        let again = try open()
        for (labels, values) in expected { #expect(try again.values(labels) == values) }
        #expect(again.recovery.problems == [])
        again.close()
    }

    @Test("native histograms are kept beside floats, in the head and in blocks")
    func histograms() async throws {
        let store = try open { $0.blockLength = 100_000 }
        var buffer = SampleBuffer()
        for step in 0..<150 {
            buffer.append(
                time: Int64(step) * 2_000,
                histogram: FloatHistogram(
                    schema: 3, zeroThreshold: 0.01, zeroCount: 1, count: Double(step * 2 + 1), sum: Double(step),
                    positiveSpans: [.init(offset: 2, length: 2)], positiveBuckets: [Double(step), Double(step)]),
                start: 9)
        }
        buffer.append(time: 300_000, value: 5, start: 9)
        var batch = IngestBatch()
        batch.append(requests, buffer)
        #expect(try await store.write(batch).accepted == 151)
        func check(_ store: MetricsStore) throws {
            let read = try #require(try store.read([])[requests])
            #expect(read.times == buffer.times)
            #expect(read.histograms.map(\.value) == buffer.histograms.map(\.value))
            #expect(read.histograms.map(\.index) == buffer.histograms.map(\.index))
        }
        try check(store)
        try store.tidyNow()
        #expect(store.blockFigures.count > 0)
        try check(store)
        store.close()
        let again = try open()
        try check(again)
        again.close()
    }

    @Test("series that ended are forgotten once their samples are in blocks, and can still be queried")
    func churn() async throws {
        let store = try open { options in
            options.blockLength = 100_000
            options.idleAfter = 50_000
        }
        for generation in 0..<20 {
            for series in 0..<30 {
                try await store.put(
                    ["__name__": "requests", "pod": "\(generation)-\(series)"],
                    [(Int64(generation) * 50_000, 1), (Int64(generation) * 50_000 + 1, 2)])
            }
            try store.tidyNow()
        }
        try store.tidyNow()
        #expect(store.seriesCount < 200)
        #expect(store.cardinality().series == store.seriesCount)
        #expect(try store.read([]).count == 600)
        try await store.put(["__name__": "requests", "pod": "0-0"], [(1_000_000, 3)])
        #expect(try store.values(["__name__": "requests", "pod": "0-0"]).count == 3)
        store.close()
    }

    @Test("limits name whose series are too many")
    func limits() async throws {
        let store = try open { $0.seriesLimits = ["service": 2] }
        for (index, service) in ["web", "web", "api", "web"].enumerated() {
            let report = try await store.put(["__name__": "m\(index)", "service": service], [(1000, 1)])
            #expect(report.overLimit == (index == 3 ? 1 : 0))
            if index == 3 { #expect(report.problems.first?.contains("service=\"web\" has 2 series") == true) }
        }
        #expect(store.cardinality().pairs.first == .init(name: "service=\"web\"", count: 2))
        #expect(store.condition().overLimit == [.init(name: "service=\"web\"", count: 1)])
        store.close()
    }

    @Test("one process at a time")
    func inUse() throws {
        let store = try open()
        #expect(throws: StoreError.inUse(path: folder.path)) { _ = try open() }
        store.close()
    }

    @Test("what is known about metrics outlives a crash, and its length is bounded")
    func metadata() async throws {
        let store = try open()
        var batch = IngestBatch()
        batch.metadata = [
            MetricMetadata(metric: "up", type: "gauge", help: "Whether it answers."),
            MetricMetadata(metric: "long", type: "counter", help: String(repeating: "ä", count: 5000)),
            MetricMetadata(metric: String(repeating: "n", count: 5000), type: "counter"),
            // One character, of as many scalars as there are.
            MetricMetadata(metric: "marks", type: "counter", help: "a" + String(repeating: "\u{301}", count: 100_000)),
        ]
        _ = try await store.write(batch)
        // As after a crash: what is on the disk now, without an ordered end.
        let copy = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "lock" {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
        }
        store.close()
        for path in [copy.path, folder.path] {
            let again = try MetricsStore(path: path)
            let known = try await again.metadata(nil, limit: 0)
            #expect(known.map(\.metric) == ["long", "marks", "up"])
            #expect(known.allSatisfy { $0.help.utf8.count <= 1024 })
            #expect(known.last?.help == "Whether it answers.")
            #expect((1...1024).contains(known.first?.help.utf8.count ?? 0))
            again.close()
        }
    }
}
