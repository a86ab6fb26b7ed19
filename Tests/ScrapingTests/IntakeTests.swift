import MetricsStore
import Scraping
import Series
import Specs
import Testing
import Values
import Wire

@Suite("Taking in an agent's scrapes")
struct IntakeTests {
    @Test("adds the target's labels, which win, and keeps the displaced ones")
    func labels() throws {
        let scene = try Scene()
        scene.labels = [("region", "eu"), ("ring", "0"), ("zone", "")]
        let outcome = try scene.scrape(
            100, "requests_total{code=\"200\",host=\"fake\",region=\"us\",exported_region=\"x\"} 7\n")
        #expect(outcome == ScrapeOutcome())
        let series = try #require(try scene.found("requests_total").first)
        #expect(
            series.labels == [
                "__name__": "requests_total", "code": "200", "service": "storefront", "version": "1.4.0",
                "instance": "i1", "host": "h", "region": "eu", "ring": "0", "exported_host": "fake",
                "exported_region": "x", "exported_exported_region": "us",
            ])
        #expect(try scene.values("requests_total") == [100: 7])
        #expect(series.samples.starts == [1000])
    }

    @Test("with honorLabels those of the text win, and honorTimestamps takes its times")
    func honor() throws {
        let scene = try Scene()
        scene.rules = ScrapeRules(honorLabels: true, honorTimestamps: true)
        try scene.scrape(200_000_000, "a{host=\"mine\"} 7 199999000000\n", startedAt: 199_999_990)
        let series = try #require(try scene.found("a").first)
        #expect(series.labels["host"] == "mine" && series.labels["exported_host"] == nil)
        #expect(series.samples.times == [199_999_000_000] && series.samples.starts.isEmpty)
    }

    @Test("writes of every scrape what Prometheus writes")
    func reports() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 1\nb 1\n")
        try scene.scrape(105, "a 1\nb 1\nc 1\n")
        #expect(try scene.values("up") == [100: 1, 105: 1])
        #expect(try scene.values("scrape_duration_seconds") == [100: 0.012, 105: 0.012])
        #expect(try scene.values("scrape_samples_scraped") == [100: 2, 105: 3])
        #expect(try scene.values("scrape_samples_post_metric_relabeling") == [100: 2, 105: 3])
        #expect(try scene.values("scrape_series_added") == [100: 2, 105: 1])
    }

    @Test("a failed scrape is up 0 and makes the series stale; they come back as they were")
    func failed() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 10\n")
        try scene.take(try block(105, "", up: false), receivedAt: at(105))
        #expect(scene.status().first?.failure == "timed out")
        try scene.scrape(110, "a 12\n")
        #expect(try scene.values("up") == [100: 1, 105: 0, 110: 1])
        #expect(try scene.values("a") == [100: 10, 105: nil, 110: 12])
        #expect(try scene.rise("a", after: 100, through: 110) == 2)
        #expect(scene.status().map(\.failure) == [nil])
    }

    @Test("an instance that is gone is stale at once, with all that was written of its scrapes")
    func gone() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 10\n")
        try scene.take(try block(103, "", up: false, ended: true), receivedAt: at(103))
        for name in ["a", "up", "scrape_samples_scraped"] {
            let values = try scene.values(name)
            #expect(values[103] == .some(nil) && values.count == 2, "\(name): \(values)")
        }
        #expect(scene.status().isEmpty)
    }

    @Test("a series that is not shown any more is stale, and none of the others")
    func vanished() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 1\nb 5\n")
        try scene.scrape(105, "a 2\n")
        try scene.scrape(110, "a 3\nb 6\n")
        #expect(try scene.values("a") == [100: 1, 105: 2, 110: 3])
        #expect(try scene.values("b") == [100: 5, 105: nil, 110: 6])
        #expect(try scene.rise("b", after: 100, through: 110) == 1, "it kept on counting from where it was")
    }

    @Test("a canary's first seconds count from its start, and a series that appears later from the scrape before")
    func firstSeconds() throws {
        let scene = try Scene()
        try scene.scrape(104, "ok 40\n", startedAt: 101)
        try scene.scrape(109, "ok 90\nbad 3\n", startedAt: 101)
        #expect(try scene.rise("ok", after: 100, through: 109) == 90)
        #expect(try scene.rise("bad", after: 100, through: 109) == 3)
        #expect(try scene.found("bad").first?.samples.starts == [104_000])
        // A process that has long been there, and was never scraped, may have counted before.
        try scene.take(try block(120, "old 1000\n", startedAt: 50, instance: "i2"), receivedAt: at(120))
        #expect(try scene.rise("old", after: 100, through: 120) == 0)
    }

    @Test("OpenMetrics says itself when a counter started")
    func created() throws {
        let scene = try Scene()
        let text = "# TYPE a counter\na_total 5\na_created 98.5\n# EOF\n"
        try scene.take(try block(100, text, openMetrics: true), receivedAt: at(100))
        #expect(try scene.found("a_total").first?.samples.starts == [98_500])
        #expect(try scene.found("a_created").isEmpty)
    }

    @Test("a body that is delivered twice changes nothing the second time")
    func twice() throws {
        let scene = try Scene()
        let body = try block(100, "a 1\nb 2\n") + block(101, "a 2\n")
        #expect(try scene.take(body, receivedAt: at(102)) == ScrapeOutcome())
        let before = try scene.values("b")
        let again = try scene.take(body, receivedAt: at(103))
        #expect(again.repeated == 13 && again.refused == 0)
        #expect(try scene.values("b") == before)
        #expect(try scene.values("a") == [100: 1, 101: 2])
    }

    @Test("what the store refuses changes nothing, and is taken when it is delivered again")
    func refused() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 1\n")
        scene.refusal = .overloaded
        #expect(throws: StoreError.overloaded) { try scene.scrape(105, "b 2\n") }
        scene.refusal = nil
        try scene.scrape(105, "b 2\n")
        #expect(try scene.values("a") == [100: 1, 105: nil])
        #expect(try scene.found("b").first?.samples.starts == [100_000])
    }

    @Test("a scrape that is over a limit fails as a whole and says which limit, and so does a broken text")
    func limits() throws {
        var rules = ScrapeRules(sampleLimit: 2)
        func failure(_ text: String, _ rules: ScrapeRules) throws -> String {
            let scene = try Scene()
            scene.rules = rules
            let outcome = try scene.scrape(100, text)
            #expect(try scene.values("up") == [100: 0])
            #expect(try scene.found("a").isEmpty)
            #expect(scene.status().first?.failure != nil)
            return outcome.failures.joined(separator: "; ")
        }
        #expect(
            try failure("a 1\nb 1\nc 1\n", rules)
                == "storefront (i1): it shows 3 samples, more than the sampleLimit of 2")
        rules = ScrapeRules()
        rules.labelLimit = 5
        #expect(
            try failure("a{x=\"1\"} 1\n", rules)
                == "storefront (i1): a series has 6 labels, more than the labelLimit of 5")
        rules = ScrapeRules()
        rules.labelValueLengthLimit = 12
        #expect(
            try failure("a{x=\"1234567890123\"} 1\n", rules)
                == "storefront (i1): the label 'x' has a value of 13 bytes, more than the labelValueLengthLimit of 12")
        rules = ScrapeRules()
        rules.labelNameLengthLimit = 8
        #expect(try failure("a{longer_name=\"1\"} 1\n", rules).contains("the label name 'longer_name' has 11 bytes"))
        rules = ScrapeRules()
        rules.bodySizeLimit = ByteSize(bytes: 4)
        #expect(try failure("a 1\nb 1\n", rules).contains("the answer has 8 bytes, more than the bodySizeLimit of"))
        #expect(try failure("a 1\nb{ 2\n", ScrapeRules()) == "storefront (i1): line 2, column 4: expected a label name")
    }

    @Test("when the cohort changes the old series end and the new ones go on where they were")
    func handOver() throws {
        let scene = try Scene()
        scene.labels = [("cohort", "canary")]
        try scene.scrape(104, "a 40\n", startedAt: 101)
        scene.labels = [("cohort", "baseline")]
        try scene.scrape(109, "a 90\nb 2\n", startedAt: 101)
        let found = try scene.found("a").sorted { $0.labels < $1.labels }
        #expect(found.map { $0.labels["cohort"] } == ["baseline", "canary"])
        #expect(found[0].samples.times == [104_000, 109_000] && found[0].samples.values == [40, 90])
        #expect(found[1].samples.times == [104_000, 104_001])
        #expect(try scene.rise("a", after: 100, through: 109) == 90)
        #expect(try scene.rise("b", after: 100, through: 109) == 2)
        #expect(try scene.found("up").count == 2)
    }

    @Test("labels that change while a scrape fails count nothing twice, and what was written of the scrapes ends, too")
    func handOverInFailure() throws {
        let scene = try Scene()
        scene.labels = [("cohort", "canary")]
        try scene.scrape(90, "a 990\n")
        try scene.scrape(95, "a 1000\n")
        try scene.scrape(100, "a{\n")
        scene.labels = [("cohort", "baseline")]
        try scene.scrape(105, "a 1010\n")
        try scene.scrape(110, "a 1013\n")
        #expect(try scene.rise("a", after: 90, through: 110) == 13)
        let old = try #require(try scene.found("up").first { $0.labels["cohort"] == "canary" })
        #expect(old.samples.values.last?.bitPattern == Sample.staleMarker.bitPattern)
    }

    @Test("a body that comes again after the labels have changed changes nothing")
    func lateAfterHandOver() throws {
        let scene = try Scene()
        scene.labels = [("cohort", "canary")]
        try scene.scrape(95, "a 10\n", startedAt: 90)
        try scene.scrape(100, "a 20\n", startedAt: 90)
        scene.labels = [("cohort", "baseline")]
        // Before the first scrape with the new labels, and after it.
        try scene.take(try block(95, "a 10\n", startedAt: 90), receivedAt: at(101))
        try scene.scrape(105, "a 30\n", startedAt: 90)
        try scene.take(try block(95, "a 10\n", startedAt: 90), receivedAt: at(106))
        try scene.scrape(110, "a 40\n", startedAt: 90)
        #expect(try scene.rise("a", after: 89, through: 110) == 40)
        let found = try scene.found("a").sorted { $0.labels < $1.labels }
        #expect(found.map { $0.labels["cohort"] } == ["baseline", "canary"])
        #expect(found[0].samples.times == [100_000, 105_000, 110_000])
        #expect(found[1].samples.values.last?.bitPattern == Sample.staleMarker.bitPattern)
        let old = try #require(try scene.found("up").first { $0.labels["cohort"] == "canary" })
        #expect(old.samples.values.last?.bitPattern == Sample.staleMarker.bitPattern)
    }

    @Test("a series that the first scrape after a restart does not show goes on where it was when it comes back")
    func flappingAfterRestart() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 10\nbad 100\n")
        let series = try ["a", "bad", "up"].flatMap { try scene.found($0).map(\.labels) }
        scene.restart()
        scene.recalled = RecalledSource(series: Set(series), scrapedAt: 100_000)
        try scene.scrape(110, "a 15\n")
        try scene.scrape(115, "a 16\nbad 103\n")
        #expect(try scene.rise("bad", after: 99, through: 115) == 3)
    }

    @Test("after a restart of the server counters go on, new ones count, and what is gone ends")
    func restarted() throws {
        let scene = try Scene()
        try scene.scrape(100, "a 10\ngone 1\n")
        let series = try ["a", "gone", "up"].flatMap { try scene.found($0).map(\.labels) }
        scene.restart()
        scene.recalled = RecalledSource(series: Set(series), scrapedAt: 100_000)
        try scene.scrape(110, "a 15\nbad 2\n")
        #expect(try scene.rise("a", after: 100, through: 110) == 5)
        #expect(try scene.rise("bad", after: 95, through: 110) == 2)
        #expect(try scene.values("gone") == [100: 1, 110: nil])
        #expect(try scene.values("up") == [100: 1, 110: 1])
        // With other labels than before, nothing is taken for new.
        scene.restart()
        scene.labels = [("cohort", "canary")]
        try scene.scrape(120, "a 20\n")
        #expect(try scene.rise("a", after: 112, through: 120) == 0)
    }

    @Test("keeps what is good of a body and says what is not")
    func broken() throws {
        let scene = try Scene()
        let body = try Array("stray 1\n".utf8) + block(100, "a 1\n") + Array("#scrape {oops}\nx 1\n".utf8)
        let outcome = try scene.take(body, receivedAt: at(100))
        #expect(
            outcome.problems == [
                "block 1: it does not start with '#scrape '", "block 3: its head is not valid",
            ])
        #expect(try scene.values("a") == [100: 1])
    }

    @Test("is bounded: instances that were not heard of are forgotten, and too many are refused")
    func bounded() throws {
        let scene = try Scene()
        var body: [UInt8] = []
        for number in 0..<600 { body += try block(100, "a 1\n", instance: "i\(number)") }
        let outcome = try scene.take(body, receivedAt: at(100))
        #expect(scene.status().count == 512)
        #expect(outcome.problems.first == "there are more than 512 instances: i512 is left out")
        try scene.take(try block(1000, "a 1\n", instance: "late"), receivedAt: at(1000))
        #expect(scene.status().map(\.instance) == ["late"])
    }

    @Test("the store forgets the series of instances that are gone, on schedule")
    func forgotten() throws {
        var options = StoreOptions()
        (options.blockLength, options.idleAfter, options.lateWindow) = (60_000, 60_000, 60_000)
        let scene = try Scene(options)
        for number in 0..<20 {
            try scene.take(try block(100, "a 1\nb 2\n", instance: "i\(number)"), receivedAt: at(100))
        }
        #expect(scene.store.seriesCount == 20 * 7)
        for number in 1..<20 {
            try scene.take(try block(101, "", up: false, instance: "i\(number)", ended: true), receivedAt: at(101))
        }
        for seconds in stride(from: Int64(105), through: 900, by: 15) {
            try scene.take(try block(seconds, "a 1\nb 2\n", instance: "i0"), receivedAt: at(seconds))
        }
        for _ in 0..<3 { try scene.store.tidyNow() }
        #expect(scene.store.seriesCount == 7)
        #expect(try scene.found("a").count == 20, "their samples are in blocks")
    }
}
