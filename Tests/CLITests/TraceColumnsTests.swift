import Specs
import Testing
import Values

@testable import CLI

@Suite struct TraceColumnsTests {
    @Test("checks are written in terms of columns; what several look at is one column")
    func columns() {
        let columns = TraceColumns([
            CheckSpec(name: "errors", kind: .ratio(bad: #"http_total{code=~"5.."}"#, total: "http_total")),
            CheckSpec(name: "log-ins", kind: .slo(bad: "bad_total", total: "http_total", objective: Percentage(99))),
            CheckSpec(name: "latency", kind: .latency(histogram: "http_seconds")),
            CheckSpec(name: "search", kind: .latency(histogram: "search_seconds")),
            CheckSpec(name: "retries", kind: .rate(events: "retries_total", per: nil)),
            CheckSpec(name: "memory", kind: .gauge(expression: "memory")),
        ])
        #expect(
            columns.sources.map(\.name) == ["errors", "requests", "log_ins_bad", "le", "search_le", "retries"])
        #expect(
            columns.checks.map(\.kind) == [
                .ratio(bad: "errors", total: "requests"),
                .slo(bad: "log_ins_bad", total: "requests", objective: Percentage(99)), .latency(histogram: "le"),
                .latency(histogram: "search_le"), .rate(events: "retries", per: nil),
            ])
        #expect(columns.skipped.count == 1 && columns.skipped[0].hasPrefix("memory: a gauge is a query"))
    }
}
