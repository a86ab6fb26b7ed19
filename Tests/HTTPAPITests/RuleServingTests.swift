import HTTPAPI
import MetricsFormats
import MetricsStore
import Ports
import Series
import Testing
import Values

@Suite("Rules, alerts and lists of series are served as Prometheus serves them", .timeLimit(.minutes(2)))
struct RuleServingTests {
    private static let api = "/prometheus/api/v1"

    private struct Work: MetricsWork {
        func targets() -> TargetsStatus { TargetsStatus() }

        func ruleGroups() -> [RuleGroupStatus] {
            let alert = AlertStatus(
                labels: ["alertname": "Down", "host": "a"], annotations: ["summary": "a is down"], isFiring: true,
                activeAt: Timestamp(milliseconds: 60_000), keepFiringSince: nil, value: 0)
            let down = RuleGroupStatus.Rule(
                name: "Down", query: "up == 0", labels: ["severity": "page"],
                alerting: .init(
                    holdFor: .minutes(2), keepFiringFor: .zero, annotations: ["summary": "{{ $labels.host }} is down"],
                    alerts: [alert]))
            let quiet = RuleGroupStatus.Rule(
                name: "Quiet", query: "up == 2", labels: [:],
                alerting: .init(holdFor: .zero, keepFiringFor: .zero, annotations: [:], alerts: []))
            var sum = RuleGroupStatus.Rule(name: "job:up:sum", query: "sum by (job) (up)", labels: ["team": "shop"])
            sum.evaluatedAt = Timestamp(milliseconds: 1000)
            sum.failure = "the rule took longer than it may"
            return [
                RuleGroupStatus(name: "b", file: "f2", interval: .minutes(1), limit: 0, rules: [sum]),
                RuleGroupStatus(name: "a", file: "f1", interval: .seconds(30), limit: 5, rules: [down, quiet]),
            ]
        }
    }

    private static func with(_ body: @Sendable @escaping (TestServer) async throws -> Void) async throws {
        let metrics = try StoredMetrics()
        var batch = IngestBatch()
        for number in 0..<3000 {
            batch.append(["__name__": "up", "host": "\(number)", "a\(number)": "x"], time: 1_000_000, value: 1)
        }
        _ = try await metrics.store.write(batch)
        try await TestServer.with(metrics: metrics.store, work: Work()) { try await body($0) }
    }

    private static func get(_ server: TestServer, _ path: String) async throws -> String {
        try await server.ask("GET", "\(api)/\(path)", token: "viewer").text
    }

    /// The names of rules in an answer, by their order.
    private static func names(_ answer: String) -> [String] {
        answer.split(separator: "\"name\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    @Test("Rules are filtered by type, name, group, file and labels, and come page by page")
    func rules() async throws {
        try await Self.with { server in
            let all = ["Down", "Quiet", "a", "b", "job:up:sum"]
            for (filter, wanted) in [
                ("", all), ("?type=record", ["b", "job:up:sum"]), ("?type=alert", ["Down", "Quiet", "a"]),
                ("?rule_name[]=Down&rule_name[]=none", ["Down", "a"]), ("?rule_group[]=b", ["b", "job:up:sum"]),
                ("?file[]=f1", ["Down", "Quiet", "a"]), ("?match[]=%7Bteam%3D~%22s.*%22%7D", ["b", "job:up:sum"]),
                ("?group_limit=1", ["Down", "Quiet", "a"]),
            ] {
                let answer = try await Self.get(server, "rules\(filter)")
                #expect(Set(Self.names(answer)) == Set(wanted), "\(filter): \(answer)")
            }
            let first = try await Self.get(server, "rules?group_limit=1")
            let token = try #require(
                first.split(separator: "\"groupNextToken\":\"").dropFirst().first?.prefix { $0 != "\"" })
            let second = try await Self.get(server, "rules?group_limit=1&group_next_token=\(token)")
            #expect(Set(Self.names(second)) == ["b", "job:up:sum"])
            #expect(!second.contains("groupNextToken"))
            let answer = try await Self.get(server, "rules")
            #expect(answer.contains(#""health":"err""#))
            #expect(answer.contains(#""lastError":"the rule took longer than it may""#))
            #expect(answer.contains(#""state":"firing""#) && answer.contains(#""state":"inactive""#))
            #expect(answer.contains(#""duration":120"#) && answer.contains(#""activeAt":"1970-01-01T00:01:00"#))
            let without = try await Self.get(server, "rules?exclude_alerts=true")
            #expect(!without.contains("activeAt"))
            for wrong in [
                "type=x", "exclude_alerts=x", "match[]=%7B", "group_limit=0", "group_next_token=x",
                "group_limit=1&group_next_token=x",
            ] {
                let answer = try await server.ask("GET", "\(Self.api)/rules?\(wrong)", token: "viewer")
                #expect(answer.status == 400 && answer.text.contains("bad_data"), "\(wrong): \(answer.text)")
            }
        }
    }

    @Test("A snapshot is for admins, and holds the samples")
    func snapshot() async throws {
        try await Self.with { server in
            let path = "\(Self.api)/admin/tsdb/snapshot"
            for token in ["viewer", "metrics", "operator"] {
                #expect(try await server.ask("POST", path, token: token).status == 403)
            }
            #expect(try await server.ask("GET", path, token: "admin").status == 405)
            #expect(try await server.ask("POST", path + "?skip_head=true", token: "admin").status == 400)
            let answer = try await server.ask("POST", path, token: "admin")
            #expect(answer.status == 200)
            let folder = try #require(
                answer.text.split(separator: "\"folder\":\"").dropFirst().first?.prefix { $0 != "\"" })
            let contents = try MetricsStore.restore(String(folder), to: "\(folder)-restored")
            #expect(contents.samples == 3000 && contents.series == 3000)
            #expect(throws: (any Error).self) {
                _ = try MetricsStore.restore(String(folder), to: "\(folder)-restored")
            }
        }
    }

    @Test("Alerts are listed")
    func alerts() async throws {
        try await Self.with { server in
            let answer = try await Self.get(server, "alerts")
            for part in [
                #""state":"firing""#, #""value":"0e+00""#, #""alertname":"Down""#, #""summary":"a is down""#,
            ] { #expect(answer.contains(part), "\(answer)") }
        }
    }

    @Test("A limit ends a search early, with a warning; what would take too much memory is refused")
    func limits() async throws {
        let cut = #""warnings":["results truncated due to limit"]"#
        try await Self.with { server in
            for (path, count) in [
                ("series?match[]=up&limit=2", 2), ("series?match[]=up&match[]=up%7Bhost%3D%221%22%7D&limit=2", 2),
            ] {
                let answer = try await Self.get(server, path)
                #expect(answer.split(separator: "__name__").count == count + 1 && answer.contains(cut))
            }
            #expect(try await Self.get(server, "label/host/values?match[]=up&limit=2").contains(#"["0","1"],"#))
            #expect(try await Self.get(server, "labels?match[]=up&limit=2").contains(#"["__name__","a0"],"#))
            #expect(!(try await Self.get(server, "series?match[]=up&limit=3000")).contains(cut))
            #expect(try await Self.get(server, "metadata?limit=0") == #"{"status":"success","data":{}}"#)
            let wrong = try await server.ask("GET", "\(Self.api)/metadata?limit=x", token: "viewer")
            #expect(wrong.status == 400 && wrong.text.contains("limit must be a number"))
            let exemplars = try await Self.get(server, "query_exemplars?query=up&start=0&end=1")
            #expect(exemplars == #"{"status":"success","data":[]}"#)
        }
        let metrics = try StoredMetrics()
        var batch = IngestBatch()
        for number in 0..<40_000 { batch.append(["__name__": "up", "host": "\(number)"], time: 1_000_000, value: 1) }
        _ = try await metrics.store.write(batch)
        for serving in [QueryServing(samples: 1000), QueryServing(allSamples: 1000)] {
            try await TestServer.with(metrics: metrics.store, queries: serving) { server in
                for path in ["series?match[]=up", "label/host/values?match[]=up", "labels?match[]=up"] {
                    let answer = try await server.ask("GET", "\(Self.api)/\(path)", token: "viewer")
                    #expect(answer.status == 422, "\(path)")
                    #expect(answer.text.contains("too many samples into memory"))
                }
                // What was held is given back.
                #expect(try await server.ask("GET", "\(Self.api)/query?query=1", token: "viewer").status == 200)
                #expect(
                    try await server.ask("GET", "\(Self.api)/series?match[]=up&limit=5", token: "viewer").status == 200)
            }
        }
        try await TestServer.with(metrics: metrics.store) { server in
            let answer = try await server.ask("GET", "\(Self.api)/series?match[]=up&timeout=1us", token: "viewer")
            #expect(answer.status == 503 || answer.status == 400)
        }
    }
}
