import Ports
import Testing
import Values

private struct FakeWork: MetricsWork {
    func targets() -> TargetsStatus {
        var up = TargetStatus(
            labels: ["job": "node", "host": "h1"], discovered: ["__address__": "a:1"], pool: "node",
            url: "http://a:1/m",
            interval: .seconds(15), timeout: .seconds(10))
        (up.health, up.scrapedAt, up.duration) = (.up, Timestamp(milliseconds: 1000), 0.25)
        var silent = TargetStatus(
            labels: ["job": "shop"], pool: "shop", url: "http://h2/metrics", interval: .seconds(5), timeout: .seconds(3)
        )
        silent.failure = "host h2 was not heard of since 1970-01-01T00:00:01Z"
        return TargetsStatus(
            active: [up, silent], dropped: [DroppedTarget(pool: "node", discovered: ["__address__": "b:1"])],
            droppedCounts: ["node": 7], pools: ["empty", "node", "shop"])
    }

    func ruleGroups() -> [RuleGroupStatus] { [] }
}

@Suite("Targets, as Prometheus' API lists them")
struct TargetListTests {
    private func get(_ path: String) async throws -> String {
        let metrics = try StoredMetrics()
        return try await TestServer.with(metrics: metrics.store, work: FakeWork()) { server in
            try await server.ask("GET", "/prometheus/api/v1/\(path)", token: "viewer").text
        }
    }

    @Test("with what was discovered, how they are, and why")
    func all() async throws {
        let text = try await get("targets")
        #expect(text.contains(#""discoveredLabels":{"__address__":"a:1"}"#))
        #expect(text.contains(#""lastError":"host h2 was not heard of since 1970-01-01T00:00:01Z""#))
        #expect(text.contains(#""health":"unknown""#) && text.contains(#""health":"up""#))
        #expect(text.contains(#""scrapeUrl":"http:\/\/a:1\/m""#) || text.contains(#""scrapeUrl":"http://a:1/m""#))
        #expect(text.contains(#""droppedTargetCounts":{"node":7}"#))
    }

    @Test(
        "filtered by state and pool",
        arguments: [
            ("state=active", true, true, false), ("state=dropped", false, false, true), ("state=any", true, true, true),
            ("scrapePool=node", true, false, true), ("scrapePool=shop", false, true, false),
            ("state=ACTIVE&scrapePool=node", true, false, false), ("scrapePool=none", false, false, false),
        ])
    func filtered(_ fields: String, _ hasNode: Bool, _ hasShop: Bool, _ hasDropped: Bool) async throws {
        let text = try await get("targets?\(fields)")
        #expect(text.contains("a:1") == hasNode)
        #expect(text.contains("h2") == hasShop)
        #expect(text.contains("b:1") == hasDropped && text.contains(#"{"node":7}"#) == hasDropped)
    }

    @Test("and the names of the pools")
    func pools() async throws {
        #expect(try await get("scrape_pools").contains(#"{"scrapePools":["empty","node","shop"]}"#))
    }
}
