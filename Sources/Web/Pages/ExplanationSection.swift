import Values
import Verdicts
import Wire

/// Why each decision was taken, with the numbers that it was taken from.
struct ExplanationSection: Sendable {
    /// Oldest first.
    var decisions: [Explanation.Decision]

    func markup(_ scene: Scene) -> Markup {
        section("Why", id: "why") {
            if decisions.isEmpty {
                nothing("No decision has been taken yet.")
            } else {
                tag("ol", .class("decisions")) {
                    for decision in decisions.reversed() { self.item(decision, scene) }
                }
            }
        }
    }

    private func item(_ decision: Explanation.Decision, _ scene: Scene) -> Markup {
        tag("li") {
            tag("div", .class("decision-head")) {
                tag("h3") { decision.what.hasPrefix(decision.by) ? decision.what : Figures.sentence(decision.what) }
                tag("span", .class("muted")) {
                    if decision.by != "halcyon" { "\(decision.by), " }
                    Moments.relative(decision.at, now: scene.now)
                }
            }
            for sentence in self.reasons(decision) { tag("p") { Figures.sentence(sentence) } }
            if !decision.readings.isEmpty {
                tag("ul", .class("evidence")) {
                    for reading in decision.readings { self.evidence(reading) }
                }
            }
        }
    }

    /// The sentences that neither the heading nor the evidence says already.
    private func reasons(_ decision: Explanation.Decision) -> [String] {
        decision.why.filter { sentence in
            !decision.what.hasSuffix(sentence)
                && !decision.readings.contains { sentence.hasPrefix("\($0.check): ") && sentence.hasSuffix($0.reason) }
        }
    }

    private func evidence(_ reading: Reading) -> Markup {
        tag("li") {
            Sign(reading.verdict).badge
            " "
            tag("strong") { reading.check }
            " "
            tag("span", .class("muted")) { reading.reason }
        }
    }
}
