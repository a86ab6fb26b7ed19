import Specs
import Testing
import Values
import Verdicts

@Suite struct SentenceTests {
    private static let canary = CohortCount(bad: 80, total: 4210, hosts: 2)
    private static let baseline = CohortCount(bad: 190, total: 38_002, hosts: 18)
    private static let check = CheckSpec(
        name: "errors", kind: .ratio(bad: #"http_requests_total{code=~"5.."}"#, total: "http_requests_total"))

    private func sentence(
        _ verdict: Verdict, _ evidence: Evidence?, canary: CohortCount? = canary, lacksData: Bool = false
    ) -> String {
        let reading = Reading(
            check: "errors", verdict: verdict, reason: "as the check says", lacksData: lacksData, canary: canary,
            baseline: canary == nil ? nil : SentenceTests.baseline, evidence: evidence)
        return EvidenceSentence(reading, of: SentenceTests.check).description
    }

    private static let worse = Evidence.Effect(ratio: 3.8, lower: 2.6, upper: 5.5, confidence: 0.95)

    @Test("a failed check says both cohorts, how much worse, and how strong the evidence is")
    func fail() {
        let evidence = Evidence(log: 5.737, threshold: 5.298, effect: SentenceTests.worse)
        #expect(
            sentence(.fail, evidence)
                == "canary 1.9% of 4,210 requests bad, baseline 0.5% of 38,002: 3.8 times as many (2.6 to 5.5 with 95% "
                + "confidence); evidence 310 to 1, a rollback needs 200 to 1")
    }

    @Test("a check that fails by the budget of all says so")
    func together() {
        let text = sentence(.fail, Evidence(log: 4.8, threshold: 5.3))
        #expect(text.hasSuffix("; evidence 120 to 1, which is enough together with the other checks"))
    }

    @Test("a passed check says what is excluded")
    func pass() {
        let effect = Evidence.Effect(ratio: 1.02, lower: 0.81, upper: 1.29, confidence: 0.95)
        let evidence = Evidence(
            log: -2, threshold: 5.3, proof: 3.8, proofThreshold: 2.996, excludes: 2, effect: effect)
        #expect(
            sentence(.pass, evidence).hasSuffix(
                ": 1.02 times as many (0.81 to 1.29 with 95% confidence); 2 times as many or more is excluded, 45 to 1 "
                    + "(20 to 1 was needed)"))
        #expect(sentence(.pass, Evidence(log: 0, threshold: 5.3)).hasSuffix("; nothing speaks for a regression"))
    }

    @Test("an undecided check says how far it is, and how long it will take")
    func undecided() {
        let evidence = Evidence(
            log: 1.1, threshold: 5.298, proof: 2.08, proofThreshold: 2.996, excludes: 2, expectedSeconds: 232)
        #expect(
            sentence(.undecided, evidence).hasSuffix(
                "; evidence 3 to 1, a rollback needs 200 to 1; that 2 times as many or more is excluded stands at 8 to 1 "
                    + "of 20 to 1; not decided, about 4 min more at this traffic"))
        let early = sentence(.undecided, Evidence(log: -0.5, threshold: 5.298))
        #expect(early.hasSuffix("; no evidence of a regression, a rollback needs 200 to 1; not decided"))
    }

    @Test("a check without data, evidence or counts keeps its own words")
    func own() {
        #expect(sentence(.undecided, nil) == "as the check says")
        #expect(sentence(.undecided, Evidence(log: 3, threshold: 5), lacksData: true) == "as the check says")
        #expect(
            sentence(.fail, Evidence(log: 6, threshold: 5), canary: nil)
                == "as the check says; evidence 400 to 1, a rollback needs 150 to 1")
    }

    @Test(
        "every kind of check has its own words",
        arguments: [
            (
                CheckSpec.Kind.latency(histogram: "http_request_duration_seconds"),
                "typical requests are slower; 2.6 to 5.5 times as long with 95% confidence; "
            ),
            (.gauge(expression: "queue_depth"), "typical requests are slower; 2.6 to 5.5 times as much "),
            (.rate(events: "restarts_total", per: nil), "0.019 a second on each host (80 in all), "),
            (
                .rate(events: "retries_total", per: "http_requests_total"),
                "0.019 for each of the requests (80 in all), "
            ),
            (.web(WebProbe(url: "http://127.0.0.1/")), "1.9% of 4,210 calls failed, "),
            (
                .slo(bad: "a", total: "b", objective: Percentage(99.9)),
                "typical requests are slower; 2.6 to 5.5 times as many "
            ),
        ])
    func kinds(kind: CheckSpec.Kind, words: String) {
        let reading = Reading(
            check: "x", verdict: .fail, reason: "", canary: SentenceTests.canary, baseline: SentenceTests.baseline,
            evidence: Evidence(log: 6, threshold: 5, effect: SentenceTests.worse))
        let text = EvidenceSentence(
            reading, of: CheckSpec(name: "x", kind: kind), seen: "typical requests are slower"
        ).description
        #expect(text.contains(words), "\(text)")
    }

    @Test("an interval without an upper bound, and an infinite effect")
    func bounds() {
        let open = Evidence.Effect(ratio: 12.4, lower: 4.4, upper: nil, confidence: 0.95)
        #expect(
            sentence(.fail, Evidence(log: 6, threshold: 5, effect: open)).contains(
                ": 12 times as many (at least 4.4 with 95% confidence); "))
        let infinite = Evidence.Effect(ratio: .infinity, lower: 4.4, upper: nil, confidence: 0.95)
        #expect(
            sentence(.fail, Evidence(log: 6, threshold: 5, effect: infinite)).contains(
                ": more (at least 4.4 times as many with 95% confidence); "))
    }

    @Test(
        "evidence is said in round numbers to one",
        arguments: [
            (0.0, "1 to 1"), (0.693, "2 to 1"), (-0.693, "1 to 2"), (2.3026, "10 to 1"), (5.7366, "310 to 1"),
            (9.2, "9,900 to 1"), (15.0, "3 million to 1"), (40.0, "more than a billion to 1"), (-7, "1 to 1,100"),
            (.infinity, "more than a billion to 1"), (.nan, "unknown"),
        ])
    func odds(log: Double, text: String) {
        #expect(Odds(log: log).description == text)
    }

    @Test("the budget says how much is spent, the highest so far, and by which check")
    func budget() {
        func reading(_ name: String, _ log: Double, _ threshold: Double) -> Reading {
            Reading(
                check: name, verdict: .undecided, reason: "", evidence: Evidence(log: log, threshold: threshold))
        }
        let readings = [reading("errors", 1.5, 5.3), reading("latency", 2, 6.9)]
        let spent = BudgetSentence(BudgetView(chance: 0.01, log: 1.1, peak: 1.95, threshold: 4.605), readings: readings)
        #expect(spent.check == "errors")
        #expect(abs(spent.share - 0.239) < 0.001)
        #expect(
            spent.description
                == "all checks together stand at 3 to 1 (highest 7 to 1), most of it from errors; a rollback needs 100 to 1, "
                + "which at most 1% of good changes ever reach")
        let unspent = BudgetSentence(BudgetView(chance: 0.01, log: -3, peak: 0, threshold: 4.605), readings: [])
        #expect(unspent.check == nil)
        #expect(
            unspent.description
                == "nothing of the 1% is spent; a rollback needs 100 to 1, which at most 1% of good changes ever reach")
    }
}
