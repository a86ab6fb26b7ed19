import FoundationEssentials
import MetricsWindow
import Series
import Testing
import Values
import Wire

@Suite("Taking in an agent's samples")
struct IngestTests {
    private func block(
        at seconds: Int64, _ text: String, up: Bool = true, startedAt: Int64 = 0, instance: String = "i1"
    ) throws -> [UInt8] {
        let head = ScrapeHead(
            service: "storefront", version: "1.4.0", instance: instance, startedAt: at(startedAt), at: at(seconds),
            up: up, duration: 0.012, failure: up ? nil : "timed out")
        return Array("#scrape ".utf8) + Array(try JSONEncoder().encode(head)) + Array("\n\(text)".utf8)
    }

    private func select(_ window: MetricsWindow, _ name: String) throws -> [SeriesSamples] {
        try window.select([LabelMatcher("__name__", .equal, name)], after: at(-1000), through: at(1_000_000))
    }

    @Test("adds the server's labels, which win, and keeps the displaced ones")
    func labels() throws {
        let window = MetricsWindow()
        let outcome = window.ingest(
            body: try block(
                at: 100, "requests_total{code=\"200\",host=\"fake\",region=\"us\",exported_region=\"x\"} 7\n"),
            host: "web-1", hostLabels: ["region": "eu", "host": "nonsense", "ring": "0"], receivedAt: at(101))
        #expect(outcome.accepted == 3)
        #expect(outcome.problems == [])
        let series = try #require(try select(window, "requests_total").first)
        #expect(
            series.labels == [
                "__name__": "requests_total", "code": "200", "service": "storefront", "version": "1.4.0",
                "instance": "i1", "host": "web-1", "region": "eu", "ring": "0", "exported_host": "fake",
                "exported_region": "x", "exported_exported_region": "us",
            ])
        #expect(series.samples == [Sample(at: at(100), value: 7)])
        #expect(series.startedAt == at(0))
        #expect(try select(window, "up").first?.samples == [Sample(at: at(100), value: 1)])
        #expect(try select(window, "scrape_duration_seconds").first?.samples.first?.value == 0.012)
    }

    @Test("a failed scrape is up 0 and ends the series")
    func failed() throws {
        let window = MetricsWindow()
        let texts: [(Int64, String?)] = [(100, "a 1\n"), (105, nil), (110, "a 2\n")]
        for (seconds, text) in texts {
            let body = try block(at: seconds, text ?? "", up: text != nil)
            _ = window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(seconds))
        }
        #expect(try select(window, "up").first?.samples.map(\.value) == [1, 0, 1])
        let values = try select(window, "a").first?.samples ?? []
        #expect(values.map(\.isStaleMarker) == [false, true, false])
    }

    @Test("a body that is delivered twice changes nothing the second time")
    func twice() throws {
        let window = MetricsWindow()
        let body = try block(at: 100, "a 1\nb 2\n") + block(at: 101, "a 2\n")
        #expect(window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(102)).accepted == 7)
        let size = window.size
        let again = window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(103))
        #expect(again.accepted == 0)
        #expect(again.repeated == 7)
        #expect(window.size == size)
    }

    @Test("stamps by receipt when the agent's clock is off, and keeps the distances")
    func clock() throws {
        let window = MetricsWindow()
        let body = try block(at: 5000, "a 1\n", startedAt: 4990) + block(at: 5005, "a 2\n", startedAt: 4990)
        let outcome = window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(105))
        #expect(outcome.clockOffset == .seconds(-4900))
        let series = try #require(try select(window, "a").first)
        #expect(series.samples.map(\.at) == [at(100), at(105)])
        #expect(series.startedAt == at(90))
    }

    @Test("moves nothing when a body was long on its way, and stamps by the sending when the clock is off")
    func lateDelivery() throws {
        func body(sentAt: Int64, _ time: Int64, _ text: String) throws -> [UInt8] {
            Array("#sent \(sentAt * 1000)\n".utf8) + (try block(at: time, text, startedAt: 90))
        }
        let window = MetricsWindow()
        _ = window.ingest(body: try body(sentAt: 100, 100, "a 1\n"), host: "h", hostLabels: [:], receivedAt: at(100))
        // The agent could not send for a while, and then the delivery took long.
        let late = try body(sentAt: 120, 105, "a 2\n")
        #expect(window.ingest(body: late, host: "h", hostLabels: [:], receivedAt: at(128)).clockOffset == nil)
        #expect(try select(window, "a").first?.samples.map(\.at) == [at(100), at(105)])
        // Another host's clock is a minute ahead, whatever its deliveries take.
        for (sentAt, received) in [(170, 110), (180, 127), (190, 131)] as [(Int64, Int64)] {
            let outcome = window.ingest(
                body: try body(sentAt: sentAt, sentAt, "b 1\n"), host: "ahead", hostLabels: [:],
                receivedAt: at(received))
            #expect(outcome.clockOffset == .seconds(-60))
        }
        #expect(try select(window, "b").first?.samples.map(\.at) == [at(110), at(120), at(130)])
    }

    @Test("absurd times do not crash")
    func absurdTimes() throws {
        for time in [Int64.min, Int64.max] {
            let window = MetricsWindow()
            var body = try block(at: 0, "a 1\n")
            let text = String(decoding: body, as: UTF8.self)
                .replacing("1970-01-01T00:00:00.000Z", with: time < 0 ? "0000-01-01T00:00:00Z" : "9999-12-31T23:59:59Z")
            body = Array(text.utf8)
            #expect(window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(100)).accepted == 3)
        }
    }

    @Test("a series that appears late was absent in the scrape before")
    func absent() throws {
        let window = MetricsWindow()
        _ = window.ingest(body: try block(at: 100, "ok 1\n"), host: "h", hostLabels: [:], receivedAt: at(100))
        _ = window.ingest(body: try block(at: 105, "ok 1\nbad 1\n"), host: "h", hostLabels: [:], receivedAt: at(105))
        #expect(try select(window, "ok").first?.absentAt == nil)
        let bad = try #require(try select(window, "bad").first)
        #expect(bad.absentAt == at(100))
        #expect(increase(of: bad, after: at(90), through: at(105)).value == 1)
    }

    @Test("keeps what is good and says what is not")
    func broken() throws {
        let window = MetricsWindow(limits: WindowLimits(series: 4))
        let body =
            try Array("stray 1\n".utf8) + block(at: 100, "a 1\nb{ 2\nc 3\nd 4\n") + Array("#scrape {oops}\nx 1\n".utf8)
        let outcome = window.ingest(body: body, host: "h", hostLabels: [:], receivedAt: at(100))
        #expect(outcome.accepted == 4)
        #expect(outcome.refusedSeries == ["storefront": 1])
        #expect(
            outcome.problems == [
                "block 1: it does not start with '#scrape '", "block 3: its head is not valid",
                "storefront on h: line 2, column 4: expected a label name",
            ])
    }

    @Test("finds its series again after the window was cleared out")
    func clearedOut() throws {
        let window = MetricsWindow()
        _ = window.ingest(body: try block(at: 100, "a 1\nb 1\n"), host: "h", hostLabels: [:], receivedAt: at(100))
        _ = window.ingest(body: try block(at: 105, "b 2\n"), host: "h", hostLabels: [:], receivedAt: at(105))
        window.trim(before: at(104))
        _ = window.ingest(body: try block(at: 110, "a 5\nb 3\n"), host: "h", hostLabels: [:], receivedAt: at(110))
        #expect(try select(window, "b").first?.samples.map(\.value) == [2, 3])
        #expect(try select(window, "a").first?.samples.last?.value == 5)
        #expect(try select(window, "up").count == 1)
    }

    @Test("is safe from many threads at once")
    func threads() async throws {
        let window = MetricsWindow()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in 0..<8 {
                group.addTask {
                    for seconds in 0..<50 as Range<Int64> {
                        let body = try block(at: seconds, "a{n=\"\(seconds % 3)\"} \(seconds)\n", instance: "\(host)")
                        _ = window.ingest(body: body, host: "h\(host)", hostLabels: [:], receivedAt: at(seconds))
                        _ = try window.select([LabelMatcher("n", .equal, "1")], after: at(0), through: at(99))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(window.size.series == 8 * 5)
    }
}
