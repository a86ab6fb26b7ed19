import Documents
import Formats
import MetricsFormats
import PromQL
import Series
import Testing
import Values

@testable import Rules

@Suite("Alerting rules")
struct AlertTests {
    /// What a rule sees: series that each have one value, at any time.
    struct Now: Queryable {
        struct Found: SeriesSet {
            var rows: [(labels: Labels, values: [(Int64, Double)])]
            var count: Int { rows.count }
            func labels(_ index: Int) -> Labels { rows[index].labels }
            func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
                for (time, value) in rows[index].values { buffer.append(time: time, value: value) }
            }
        }

        var series: [Labels: Double] = [:]
        /// Samples of other times.
        var kept: [Labels: [(Int64, Double)]] = [:]

        func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
            let matchers = request.matchers.compactMap { try? CompiledMatcher($0) }
            func wants(_ labels: Labels) -> Bool {
                matchers.allSatisfy { $0.matches(labels[$0.matcher.name] ?? "") }
            }
            let now = series.filter { wants($0.key) }.map { ($0.key, [(request.through, $0.value)]) }
            let before = kept.filter { wants($0.key) }.map { labels, samples in
                (labels, samples.filter { $0.0 > request.after && $0.0 <= request.through })
            }
            return Found(rows: (now + before.filter { !$0.1.isEmpty }).map { (labels: $0.0, values: $0.1) })
        }
    }

    private static let file = """
        groups:
          - name: hosts
            interval: 1m
            rules:
              - alert: Down
                expr: up == 0
                for: 2m
                keep_firing_for: 3m
                labels: { severity: page, who: "{{ $labels.host | toUpper }}" }
                annotations: { summary: "{{ $labels.host }} is at {{ $value | humanize }}" }
        """

    private func state(_ text: String = AlertTests.file) throws -> RuleGroupState {
        let (nodes, _) = readDocuments(text, file: "rules.yaml")
        let (groups, issues) = readRuleGroups(try #require(nodes.first), file: "rules.yaml")
        #expect(issues.isEmpty, "\(issues)")
        return RuleGroupState(try #require(groups.first), now: .epoch)
    }

    private func samples(_ batch: IngestBatch?) throws -> [String: Double?] {
        let batch = try #require(batch)
        var found: [String: Double?] = [:]
        for entry in batch.series {
            let labels = try batch.labels(of: entry, limits: .init())
            let value = batch.values[entry.samples.lowerBound]
            found["\(labels)"] = value.bitPattern == Sample.staleMarker.bitPattern ? .some(nil) : value
        }
        return found
    }

    private static let down: Labels = ["__name__": "up", "host": "web-1"]
    private static let labels = "alertname=\"Down\""
    private static let rest = "host=\"web-1\", severity=\"page\", who=\"WEB-1\"}"

    @Test("an alert is pending, fires after its time, fires on for a while, and ends")
    func life() throws {
        var state = try state()
        let (down, well) = (Now(series: [Self.down: 0]), Now(series: [Self.down: 1]))
        func at(_ minutes: Int64, _ data: Now) throws -> [String: Double?] {
            try samples(state.evaluate(0, at: .epoch + .minutes(minutes), data: data))
        }
        let pending = "ALERTS{\(Self.labels), alertstate=\"pending\", \(Self.rest)"
        let firing = "ALERTS{\(Self.labels), alertstate=\"firing\", \(Self.rest)"
        let since = "ALERTS_FOR_STATE{\(Self.labels), \(Self.rest)"
        #expect(try at(10, well) == [:])
        #expect(try at(11, down) == [pending: 1, since: 660])
        #expect(state.rules[0].alerts.map(\.annotations) == [["summary": "web-1 is at 0"]])
        #expect(try at(12, down) == [pending: 1, since: 660])
        #expect(try at(13, down) == [firing: 1, since: 660, pending: nil])
        #expect(try at(14, well) == [firing: 1, since: 660])
        #expect(state.rules[0].alerts.map(\.keepFiringSince) == [.epoch + .minutes(14)])
        #expect(try at(16, well) == [firing: 1, since: 660])
        #expect(try at(17, well) == [firing: nil, since: nil])
        #expect(state.rules[0].alerts == [])
    }

    @Test("after a restart an alert fires on, and one that was pending waits for the rest of its time")
    func restart() throws {
        for (name, isFiring) in [("firing", true), ("pending", false)] {
            var state = try state()
            var data = Now(series: [Self.down: 0])
            let labels: Labels = [
                "__name__": "ALERTS_FOR_STATE", "alertname": "Down", "host": "web-1", "severity": "page",
                "who": "WEB-1",
            ]
            let seen: Int64 = 40 * 60_000
            data.kept[labels] = [(seen, 39 * 60)]
            var builder = LabelsBuilder(labels)
            builder.set("__name__", "ALERTS")
            builder.set("alertstate", name)
            data.kept[builder.labels()] = [(seen, 1)]
            _ = state.evaluate(0, at: .epoch + .minutes(50), data: data)
            #expect(state.rules[0].alerts.map(\.isFiring) == [isFiring])
            #expect(state.rules[0].alerts.map(\.activeAt) == [.epoch + .minutes(isFiring ? 39 : 49)])
        }
    }

    @Test("more alerts than the group may have are an error, and none is left")
    func limit() throws {
        var state = try state(Self.file.replacing("interval: 1m", with: "interval: 1m\n    limit: 1"))
        let data = Now(series: [Self.down: 0, ["__name__": "up", "host": "web-2"]: 0])
        #expect(state.evaluate(0, at: .epoch + .minutes(10), data: data) == nil)
        #expect(state.rules[0].failure == "exceeded limit of 1 with 2 alerts")
        #expect(state.rules[0].alerts == [])
    }

    @Test(
        "places in texts are filled in",
        arguments: [
            ("{{ $labels.job }}/{{.Labels.job}}", "web/web"), ("{{ $value }}", "1234.5678"),
            ("{{ $value | humanize }}", "1.235k"), ("{{ humanize $value }}B", "1.235kB"),
            ("{{ $value | humanize1024 }}", "1.206ki"), ("{{ $value | humanizeDuration }}", "20m 34s"),
            ("{{ $value | humanizePercentage }}", "1.235e+05%"), ("{{ printf \"%.2f\" $value }}", "1234.57"),
            ("{{ $value | printf \"%.1f%%\" }}", "1234.6%"), ("{{ $labels.none }}|", "|"),
            ("{{ $labels.job | title }} {{ \"a b\" | toUpper }}", "Web A B"), ("plain", "plain"),
        ])
    func places(written: String, filled: String) {
        let text = AlertText(written)
        #expect(text.problem == nil)
        #expect(text.text(labels: ["job": "web"], value: 1234.5678) == filled)
    }

    @Test("what is not understood is said when the file is read, and stays")
    func notUnderstood() throws {
        let text = AlertText("a {{ with query \"up\" }} b {{ $value")
        #expect(text.problem == "'{{ with query \"up\" }}' is not understood")
        #expect(text.text(labels: .empty, value: 1) == "a {{ with query \"up\" }} b {{ $value")
        let (nodes, _) = readDocuments(
            Self.file.replacing("| humanize", with: "| query"), file: "rules.yaml")
        let issues = readRuleGroups(try #require(nodes.first), file: "rules.yaml").issues
        #expect(issues.map(\.severity) == [.warning])
        #expect(issues.first?.description.contains("it stays as it is written") == true)
    }
}
