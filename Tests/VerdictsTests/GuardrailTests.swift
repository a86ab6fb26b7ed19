import HalcyonTesting
import Series
import Specs
import Testing
import Values

@testable import Verdicts

@Suite("A guardrail")
struct GuardrailTests {
    private func judged(_ expression: String, _ values: [String: Double]) -> Reading {
        var fleet = Fleet()
        for (zone, value) in values {
            fleet.series.append(
                SeriesSamples(
                    labels: ["__name__": "slo:burnrate5m", "zone": zone],
                    samples: [Sample(at: at(90), value: value)]))
        }
        do throws(DataProblem) {
            return try judgeGuardrail("budget", expression, at: at(100), data: fleet)
        } catch {
            return Reading(check: "budget", verdict: .undecided, reason: error.reason, lacksData: true)
        }
    }

    @Test("holds when every element does, and shows the worst")
    func holds() {
        let one = judged("slo:burnrate5m < 14.4", ["a": 2.25])
        #expect(one.verdict == .pass && one.value == 2.25 && one.limit == 14.4)
        #expect(one.reason == "slo:burnrate5m < 14.4: 2.3 < 14.4 holds")
        let two = judged("(slo:burnrate5m < 14.4)", ["a": 2.25, "b": 3])
        #expect(two.reason == "(slo:burnrate5m < 14.4): 3 < 14.4 holds (all 2 series)")
    }

    @Test("fails when one element does not hold")
    func fails() {
        let reading = judged("slo:burnrate5m < 14.4", ["a": 2, "b": 20])
        #expect(reading.verdict == .fail && reading.value == 20 && !reading.lacksData)
        #expect(reading.reason == "slo:burnrate5m < 14.4: 20 < 14.4 does not hold (1 of 2 series)")
        #expect(judged("slo:burnrate5m > 1", ["a": 2, "b": 0.5]).value == 0.5)
        #expect(judged("1 < slo:burnrate5m", ["a": 0.5]).verdict == .fail)
    }

    @Test("says of an infinite value that it is, and keeps no number that cannot be stored")
    func infinite() {
        let above = judged("slo:burnrate5m < 14.4", ["a": .infinity])
        #expect(above.verdict == .fail && above.value == nil && above.limit == 14.4)
        #expect(above.reason == "slo:burnrate5m < 14.4: infinity < 14.4 does not hold")
        let quotient = judged("1 / slo:burnrate5m < 14.4", ["a": 0])
        #expect(quotient.verdict == .fail && quotient.value == nil)
        let bound = judged("slo:burnrate5m < 1 / 0", ["a": 1])
        #expect(bound.verdict == .pass && bound.limit == nil && bound.value == 1)
    }

    @Test("lacks data when there is nothing to compare, or it is NaN, or the expression is wrong")
    func lacksData() {
        for (expression, values) in [
            ("slo:burnrate5m < 14.4", [:]), ("slo:burnrate5m < 14.4", ["a": .nan]), ("slo:burnrate5m", ["a": 1]),
            ("slo:burnrate5m < absent_metric", ["a": 1]), ("slo:burnrate5m / 0 * 0 < 3", ["a": 1]),
        ] as [(String, [String: Double])] {
            let reading = judged(expression, values)
            #expect(reading.verdict == .undecided && reading.lacksData, "\(expression): \(reading.reason)")
        }
    }
}
