import HalcyonTesting
import Ports
import PromQL
import Series
import Testing
import Values
import Wire

@testable import Web

@Suite struct ExplorerTests {
    private func get(
        _ path: String, _ query: [String: String] = [:], role: Role = .viewer,
        metrics: HeldQuestions? = .storefront(), world: World = .rich()
    ) async -> PageResponse {
        await Site(surface: FakeSurface(world)) { World.noon }.respond(
            to: PageRequest(
                method: "GET", path: path, query: query, principal: Principal(name: "maria", role: role), dev: false,
                metrics: metrics))
    }

    private let requests = "sum by (version) (rate(http_requests_total{service=\"storefront\"}[1m]))"

    @Test("an expression is drawn, with its values, its legend and the deployments of its service")
    func chart() async {
        let text = await get("/explore", ["e": requests, "range": "15m"]).text
        #expect(text.contains("class=\"series canary\" d=\"M"))
        #expect(text.contains("class=\"series baseline\" d=\"M"))
        #expect(text.contains("data-name=\"{version=&quot;2.5.0&quot;}\""))
        #expect(text.contains("newest values: {version=&quot;2.4.0&quot;} 90.45, {version=&quot;2.5.0&quot;} 31.5"))
        #expect(text.contains(">2.5.0 one</text>"))
        #expect(text.contains("href=\"/rollouts/r-7f3k2\""))
        #expect(await !get("/explore", ["e": requests, "marks": "none"]).text.contains("class=\"flag"))
    }

    @Test("viewers may look, agents may not, and a server without metrics says so")
    func roles() async {
        #expect(await get("/explore", role: .viewer).status == 200)
        #expect(await get("/explore", role: .agent).status == 403)
        #expect(await get("/explore/complete", role: .agent).status == 403)
        #expect(await get("/explore", metrics: nil).status == 503)
    }

    @Test("without an expression it shows what there is, each a way to look at it")
    func catalogue() async {
        let text = await get("/explore").text
        #expect(text.contains("href=\"/explore?e=rate%28http_requests_total%5B1m%5D%29\""))
        #expect(text.contains("Requests answered."))
    }

    @Test(
        "what is wrong is marked at its place, in the field and below",
        arguments: [
            ("sum(up) by (x) foo", "<mark class=\"wrong\">foo</mark>"), ("sum(", "<mark class=\"wrong\"> </mark>"),
            ("count_values(\"ä\", x) + }", "<mark class=\"wrong\">}</mark>"),
            ("a +\n+ *b", "<mark class=\"wrong\">*</mark>"),
        ])
    func wrong(expression: String, mark: String) async {
        let text = await get("/explore", ["e": expression]).text
        #expect(text.components(of: mark) == 2)
        #expect(text.contains("aria-invalid=\"true\" aria-describedby=\"problem-0\""))
        #expect(text.contains("role=\"alert\""))
    }

    @Test("limits and warnings are said plainly, and one expression's error leaves the others their answers")
    func problems() async {
        var metrics = HeldQuestions.storefront()
        let text = await get("/explore", ["e": "rate(queue_depth[1m])", "e2": "sum(", "range": "5m"], metrics: metrics)
            .text
        #expect(text.contains("metric might not be a counter"))
        #expect(text.contains("id=\"problem-1\""))
        #expect(!text.contains("id=\"problem-0\""))
        metrics.problem = PromQLError("the query touches more than 5 samples")
        let limited = await get("/explore", ["e": "x"], metrics: metrics).text
        #expect(limited.contains("This cannot be answered"))
        #expect(limited.contains("Ask for less time, longer steps, or fewer series"))
        #expect(limited.contains("The query touches more than 5 samples"))
    }

    @Test("any expression is split by cohort, in the colours of canary and baseline")
    func split() async {
        let errors = "sum(rate(http_requests_total{code=\"500\"}[1m])) / sum(rate(http_requests_total[1m]))"
        let text = await get("/explore", ["e": errors, "split": "cohort", "range": "5m"]).text
        #expect(text.contains("newest values: canary 4.76%, baseline 0.5%"))
        let versions = await get("/explore", ["e": errors, "split": "version", "range": "5m"]).text
        #expect(versions.contains("class=\"series canary\" d=\"M"))
        #expect(versions.contains("newest values: 2.5.0 4.76%, 2.4.0 0.5%"))
        let none = await get("/explore", ["e": "queue_depth", "split": "cohort"]).text
        #expect(none.contains("No series here has the label cohort"))
    }

    @Test("of very many series the largest are drawn, and the table lists the first; both say so")
    func many() async {
        let many = HeldQuestions(
            series: (0..<1500).map { .gauge(["__name__": "x", "n": "\($0)"], Double($0), minutes: 1) })
        let chart = await get("/explore", ["e": "x", "range": "5m"], metrics: many).text
        #expect(chart.components(of: "data-values=") == 20)
        #expect(chart.contains("20 series with the largest values of 1,500"))
        #expect(chart.contains("x{n=&quot;1499&quot;}"))
        let list = await get("/explore", ["e": "x", "view": "table"], metrics: many).text
        #expect(list.components(of: "<tr><td class=\"name\"") == 500)
    }

    @Test("labels that look like markup stay text, everywhere")
    func hostile() async {
        let attack = "\"><script>alert('1')</script><img src=x onerror=alert(1)>"
        var metrics = HeldQuestions.storefront()
        metrics.series = [.gauge(["__name__": "x", "a": attack], 1), .gauge(["__name__": "x", "a": "b"], 1)]
        metrics.known = [MetricMetadata(metric: "x", type: attack, help: attack)]
        let queries: [[String: String]] = [
            [:], ["e": "x"], ["e": "x", "view": "table"], ["e": attack], ["e": "x", "e2": attack, "hide": attack],
            ["e": "x", "range": attack], ["e": "x", "from": attack, "to": attack], ["e": "x", "step": attack],
        ]
        for query in queries {
            let text = await get("/explore", query, metrics: metrics).text
            #expect(text.components(of: "<script") == 1, "\(query)")
            #expect(!text.contains("<img"), "\(query)")
            #expect(!text.contains("onerror=alert(1)>"), "\(query)")
        }
        let options = await get("/explore/complete", ["before": "x{a=\""], metrics: metrics).text
        #expect(!options.contains("<script"))
    }

    @Test("a hidden series is not drawn, and its switch leads to the address without that")
    func hidden() async throws {
        let query = ["e": requests, "range": "5m"]
        let text = await get("/explore", query).text
        let key = try #require(text.split(separator: "data-key=\"").dropFirst().first?.prefix { $0 != "\"" })
        let hidden = await get("/explore", query.merging(["hide": String(key)]) { $1 }).text
        #expect(hidden.components(of: "\" hidden></path>") == text.components(of: "\" hidden></path>") + 1)
        #expect(hidden.contains("aria-checked=\"false\""))
        #expect(text.contains("hide=\(key)"))
    }

    @Test("a service is seen at a glance: requests, errors, latency, cores and memory by version")
    func glance() async {
        let text = await get("/services/storefront").text
        for title in [
            "Requests a second", "Errors", "Latency, p50", "Latency, p99", "Cores, busiest instance", "Memory",
        ] {
            #expect(text.contains(title), "\(title)")
        }
        #expect(text.contains("40 MiB"))
        #expect(text.contains("4.76%"))
        let none = await get("/services/search").text
        #expect(none.contains("It shows no metric by which"))
    }

    @Test("a rollout's checks are drawn from the store, canary and baseline with the limit")
    func checks() async {
        let text = await get("/rollouts/r-7f3k2").text
        #expect(text.contains("newest values: canary 4.76%, baseline 0.5%, limit 0.62%"))
        #expect(text.contains("newest values: value 212, limit 500"))
        #expect(await !get("/rollouts/r-7f3k2", metrics: nil).text.contains("class=\"plot\""))
    }
}
