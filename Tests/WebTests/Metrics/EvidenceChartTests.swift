import Ports
import PromQL
import Rollouts
import Specs
import Testing
import Values
import Verdicts
import Wire

@testable import Web

@Suite struct EvidenceChartTests {
    private let scene = Scene(now: World.noon, principal: Principal(name: "maria", role: .operator), dev: false)

    @Test("the evidence of each check is drawn against its threshold, with the waves, beside the check's own values")
    func page() async throws {
        let world = World.rich()
        let rollout = try #require(world.rollouts.first)
        let charts = CheckCharts(
            rollout: rollout, history: world.history[rollout.id] ?? [], spec: world.services[0].spec, now: World.noon)
        let questions = HeldQuestions.storefront(until: World.noon)
        let figures = await charts.figures { question throws(PromQLError) in try await questions.answer(question) }
        let identifiers = figures.map(\.chart.id)
        #expect(identifiers.contains("evidence-errors") && identifiers.contains("evidence-latency"))
        let place = try #require(identifiers.firstIndex(of: "errors"))
        #expect(identifiers[place + 1] == "evidence-errors")
        let chart = try #require(figures.first { $0.chart.id == "evidence-errors" }).chart
        #expect(chart.lines.map(\.name) == ["it is worse", "rolls back", "it is good", "passes"])
        #expect(chart.marks.contains { $0.label.contains("few") })
        #expect(chart.frame.html.contains("200:1"))
        let least = try #require(chart.lines[0].finite.min())
        #expect(least >= ChartUnit.leastOdds)
    }

    @Test(
        "a check of any kind is charted by what it measures",
        arguments: [
            (
                CheckSpec.Kind.latency(histogram: #"http_request_duration_seconds{route="/"}"#),
                #"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{route="/",service="shop","#
                    + #"version="2"}[20s]))) or "#
            ),
            (
                .rate(events: "restarts_total", per: nil),
                #"avg(sum by (host) (rate(restarts_total{service="shop",version="2"}[20s])))"#
            ),
            (.gauge(expression: "queue_depth"), #"avg(queue_depth{service="shop",version="2"})"#),
            (
                .slo(bad: "a", total: "b", objective: Percentage(99.9)),
                #"(sum(rate(a{service="shop",version="2"}[20s])) or 0 * sum("#
            ),
        ] as [(CheckSpec.Kind, String)])
    func measures(kind: CheckSpec.Kind, opening: String) throws {
        let measure = CheckMeasure(check: CheckSpec(name: "x", kind: kind), service: "shop", reach: .seconds(20))
        let text = try #require(try measure.expression(of: "2"))
        #expect(text.replacing(", version", with: ",version").hasPrefix(opening), "\(text)")
        _ = try parse(text)
    }

    @Test("a flag's variants are charted by what SDKs measure, or by the user's own label")
    func variants() throws {
        let flag = FlagTarget(key: "cart", environment: "production", shares: [], variantLabel: "cart_variant")
        func text(_ bad: String, _ total: String) throws -> String? {
            let check = CheckSpec(name: "x", kind: .ratio(bad: bad, total: total))
            return try CheckMeasure(check: check, service: flag.subject, flag: flag, reach: .seconds(20))
                .expression(of: "on")
        }
        let measured = try #require(try text("halcyon_flag_errors_total", "halcyon_flag_requests_total"))
        for label in ["variant=\"on\"", "flag=\"cart\"", "environment=\"production\""] {
            #expect(measured.contains(label), "\(measured)")
        }
        let own = try #require(try text("orders_lost_total", "orders_total"))
        #expect(own.contains("orders_total{cart_variant=\"on\"}") && !own.contains("service"), "\(own)")
    }

    @Test("a server that keeps no series shows no chart of evidence")
    func none() async throws {
        let world = World.rich()
        let charts = EvidenceCharts(
            rollout: world.rollouts[0], history: [],
            grid: ChartGrid(from: World.noon - .minutes(5), through: World.noon, step: .seconds(5)))
        let questions = HeldQuestions(series: [])
        let figures = try await charts.figures { question throws(PromQLError) in try await questions.answer(question) }
        #expect(figures.isEmpty)
    }

    @Test("evidence is written as odds, in whole powers of ten")
    func odds() {
        let words = ["≤ 1:100", "1:10", "1:1", "10:1", "200:1", "3,162:1"]
        #expect([-3, -1, 0, 1, 2.301, 3.5].map(ChartUnit.odds.words) == words)
        let scale = ChartScale([-2, 2.4], unit: .odds, fromZero: true)
        #expect(scale.ticks.map { $0 == $0.rounded() }.allSatisfy { $0 })
        #expect(scale.low <= -2 && scale.high >= 2.4)
    }

    @Test("an interval is drawn on a scale of factors, with what is tolerated, and with a word for who does not see it")
    func interval() {
        func bar(_ lower: Double, _ upper: Double?) -> String {
            let effect = Evidence.Effect(ratio: 1.5, lower: lower, upper: upper, confidence: 0.95)
            return EffectBar(effect: effect, margin: 1.25).markup.html
        }
        #expect(bar(1.3, 1.9).contains("class=\"effect worse\""))
        #expect(bar(0.9, 1.2).contains("class=\"effect fine\""))
        #expect(bar(0.9, 1.9).contains("class=\"effect open\""))
        let unbounded = bar(0, nil)
        #expect(unbounded.contains("H132") && unbounded.contains("class=\"effect open\"") && !unbounded.contains("nan"))
    }
}
