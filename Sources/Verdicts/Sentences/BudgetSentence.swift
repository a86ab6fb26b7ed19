/// How much of a rollout's one chance of a false rollback is spent, and by which check.
public struct BudgetSentence: Hashable, Sendable, CustomStringConvertible {
    private let budget: BudgetView
    private let leader: Reading?

    public init(_ budget: BudgetView, readings: [Reading]) {
        self.budget = budget
        // Checks are weighed, which shows in how far each is from its own threshold.
        leader = readings.filter { !$0.dryRun && ($0.evidence?.log ?? 0) > 0.1 }
            .max { BudgetSentence.distance($0) < BudgetSentence.distance($1) }
    }

    private static func distance(_ reading: Reading) -> Double {
        reading.evidence.map { $0.log - $0.threshold } ?? -.infinity
    }

    /// The name of the check that brings the most; `nil` while none speaks for a regression.
    public var check: String? { leader?.check }

    /// How far the evidence has come, from 0 to 1, on a logarithmic scale.
    public var share: Double {
        guard budget.threshold > 0 else { return 0 }
        return max(0, min(1, budget.log / budget.threshold))
    }

    public var description: String {
        let chance = percentText(budget.chance)
        let needed = "\(Odds(log: budget.threshold)), which at most \(chance) of good changes ever reach"
        guard budget.peak > 0.1 else {
            return "nothing of the \(chance) is spent; a rollback needs \(needed)"
        }
        let highest = budget.peak > budget.log + 0.1 ? " (highest \(Odds(log: budget.peak)))" : ""
        let most = leader.map { ", most of it from \($0.check)" } ?? ""
        let now = budget.log > 0.1 ? "\(Odds(log: budget.log))" : "nothing now"
        return "all checks together stand at \(now)\(highest)\(most); a rollback needs \(needed)"
    }
}
