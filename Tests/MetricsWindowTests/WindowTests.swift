import MetricsWindow
import Series
import Testing
import Values

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

@Suite("The window")
struct WindowTests {
    private func sample(_ seconds: Int64, _ value: Double) -> Sample { Sample(at: at(seconds), value: value) }

    @Test("selects by matchers and by time, left-open")
    func select() throws {
        let window = MetricsWindow()
        for code in ["200", "404", "503"] {
            window.append(["__name__": "requests_total", "code": code], [sample(10, 1), sample(20, 2), sample(30, 3)])
        }
        window.append(["__name__": "up"], [sample(20, 1)])
        let name = LabelMatcher("__name__", .equal, "requests_total")
        let five = try window.select([name, LabelMatcher("code", .matches, "5..")], after: at(10), through: at(30))
        #expect(five.map(\.labels) == [["__name__": "requests_total", "code": "503"]])
        #expect(five.first?.samples == [sample(20, 2), sample(30, 3)])
        #expect(
            try window.select([name, LabelMatcher("code", .notEqual, "200")], after: at(0), through: at(99)).count == 2)
        #expect(try window.select([LabelMatcher("code", .equal, "")], after: at(0), through: at(99)).count == 1)
        #expect(try window.select([LabelMatcher("code", .matches, ".+")], after: at(30), through: at(99)).isEmpty)
        #expect(throws: QueryError.self) {
            try window.select([LabelMatcher("code", .matches, "(")], after: at(0), through: at(99))
        }
    }

    @Test("puts late samples in their place and drops repeats")
    func order() throws {
        let window = MetricsWindow()
        for seconds in [30, 10, 20, 10, 40, 20] as [Int64] {
            window.append(["__name__": "a"], [sample(seconds, Double(seconds))])
        }
        let found = try window.select([LabelMatcher("__name__", .equal, "a")], after: at(0), through: at(99))
        #expect(found[0].samples.map(\.value) == [10, 20, 30, 40])
        #expect(window.size.samples == 4)
    }

    @Test("forgets what is older than the retention, and series without samples")
    func retention() throws {
        let window = MetricsWindow(limits: WindowLimits(retention: .seconds(80)))
        window.append(["__name__": "old"], [sample(1, 1)])
        for seconds in stride(from: Int64(10), through: 200, by: 10) {
            window.append(["__name__": "a"], [sample(seconds, 1)])
        }
        #expect(window.size.series == 1)
        let found = try window.select([LabelMatcher("__name__", .equal, "a")], after: at(0), through: at(999))
        #expect(found[0].samples.first.map { $0.at >= at(100) } ?? false)
        #expect(!window.append(["__name__": "a"], [sample(5, 1)]) || window.size.samples == found[0].samples.count)
        window.trim(before: at(1000))
        #expect(window.size == (0, 0))
    }

    @Test("refuses new series beyond the limit and forgets early when there are too many samples")
    func bounds() throws {
        let window = MetricsWindow(limits: WindowLimits(series: 2, samples: 100))
        #expect(window.append(["__name__": "a"], [sample(1, 1)]))
        #expect(window.append(["__name__": "b"], [sample(1, 1)]))
        #expect(!window.append(["__name__": "c"], [sample(1, 1)]))
        for seconds in 2...500 as ClosedRange<Int64> { window.append(["__name__": "a"], [sample(seconds, 1)]) }
        #expect(window.size.samples <= 100)
        #expect(window.append(["__name__": "c"], [sample(501, 1)]), "b had no samples left")
    }

    @Test("counts increases as the samples themselves would be counted")
    func increases() throws {
        let window = MetricsWindow()
        for (code, step) in [("200", 7.0), ("500", 2)] {
            window.append(
                ["__name__": "requests_total", "code": code], startedAt: code == "500" ? at(42) : nil,
                (1...30).map { sample(Int64($0) * 5, step * Double($0 % 17)) })
        }
        let name = LabelMatcher("__name__", .equal, "requests_total")
        for after in stride(from: Int64(0), through: 150, by: 7) {
            let counted = try window.increases([name], after: at(after), through: at(140), reachingBack: .seconds(15))
            let expected = try window.select([name], after: at(after - 15), through: at(140)).map {
                SeriesIncrease(labels: $0.labels, rise: increase(of: $0, after: at(after), through: at(140)))
            }
            #expect(counted == expected)
        }
    }

    @Test("a query may not touch more than allowed")
    func queryLimits() {
        let window = MetricsWindow(limits: WindowLimits(seriesPerQuery: 1, samplesPerQuery: 3))
        window.append(["__name__": "a", "x": "1"], [sample(1, 1)])
        window.append(["__name__": "a", "x": "2"], [sample(1, 1)])
        window.append(["__name__": "b"], [sample(1, 1), sample(2, 1), sample(3, 1), sample(4, 1)])
        #expect(throws: QueryError.tooManySeries(limit: 1)) {
            try window.select([LabelMatcher("__name__", .equal, "a")], after: at(0), through: at(9))
        }
        #expect(throws: QueryError.tooManySamples(limit: 3)) {
            try window.select([LabelMatcher("__name__", .equal, "b")], after: at(0), through: at(9))
        }
    }
}
