import Specs
import Testing
import Values
import Verdicts

@Suite struct ForesightTests {
    private let check = CheckSpec(name: "errors", kind: .ratio(bad: "b", total: "t"))
    private let waves = [
        Foresight.Wave(canary: 0.05, baseline: 0.95, bake: .minutes(2)),
        Foresight.Wave(canary: 0.25, baseline: 0.75, bake: .minutes(5)),
        Foresight.Wave(canary: 0.98, baseline: 0.02, bake: .minutes(5)),
    ]

    private func warning(_ total: Double, _ bad: Double, _ waves: [Foresight.Wave]? = nil) -> String? {
        Foresight(check: check, total: total, bad: bad, chance: 0.01).warning(waves ?? self.waves)
    }

    @Test("enough traffic is no reason to warn, and neither is none at all, or no bad events")
    func fine() {
        #expect(warning(400, 2) == nil)
        #expect(warning(0, 0) == nil)
        #expect(warning(1, 0) == nil)
    }

    @Test("traffic that can never show the margin is warned of, with how much longer it would take")
    func warns() throws {
        let text = try #require(warning(0.2, 0.001))
        #expect(text.hasPrefix("check errors: at the 0.2 events a second of late, 0.5% of them bad, "))
        #expect(text.contains("a regression to 1.3% would take about "))
        #expect(
            text.hasSuffix(
                " times as long to be seen as the 12m that the waves bake for; bake longer, or find a plan with: halcyon rehearse"
            ))
        #expect(
            warning(
                0.2, 0.001, waves.map { Foresight.Wave(canary: $0.canary, baseline: $0.baseline, bake: .hours(24)) })
                == nil)
    }
}
