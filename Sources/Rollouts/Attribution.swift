/// Which of the changes in flight explains the regressions that are seen: that one goes back, the others hold.
///
/// For each regression, the rules in their order:
/// 1. A change whose own canary is worse than its own baseline explains it: whatever else is in flight meets both cohorts
///    alike. The exception is another change that is on the same hosts (see `ChangeInFlight.coincides`): then it may be
///    either of them.
/// 2. Without such a split, the check is only known to be worse than before. A change can explain that when the check's
///    service can feel it (it is about this service, or about one that this one depends on), when it had reached somebody
///    before the regression began, and when its own cohorts do not say otherwise.
/// 3. When one such change is left, and the check cannot be split by its cohorts, it explains it. Between several nothing
///    decides; and neither does it against one whose own cohorts are about to.
///
/// Where nothing decides, all that may be it hold, and a person is told. The one exception: changes on the same hosts, one of which
/// breaks them beyond doubt (`isClear`). Users should not stay on a crash until somebody wakes up: the newest of them goes back, and
/// the others are judged anew once it is gone. The same for the same input, in whatever order.
public struct Attribution: Hashable, Sendable {
    /// The rollouts that go back, with the reason.
    public private(set) var rollbacks: [String: String] = [:]
    /// Those of them that may as well be innocent: they are the newest of several.
    public private(set) var newest: Set<String> = []
    /// The rollouts that hold, with the reason.
    public private(set) var holds: [String: String] = [:]
    /// Regressions that no change in flight explains, a sentence each.
    public private(set) var unexplained: [String] = []

    /// - Complexity: O(regressions × changes² × hosts).
    public init(of regressions: [SeenRegression], in ledger: ChangeLedger) {
        let ordered = regressions.sorted { ($0.service, $0.check, $0.since) < ($1.service, $1.check, $1.since) }
        var unsure: [(regression: SeenRegression, suspects: [ChangeInFlight])] = []
        for regression in ordered {
            switch Explanation(of: regression, in: ledger) {
            case .changes(let changes, let how):
                for change in changes where rollbacks[change.rollout] == nil {
                    rollbacks[change.rollout] = "\(regression.words) \(how)"
                }
            case .ambiguous(let suspects): unsure.append((regression, suspects))
            case .nothing(let why): unexplained.append("\(regression.words), and \(why)")
            }
        }
        // A change that goes back anyhow may have been the reason for what is not explained by itself: the rest waits and sees.
        // Beyond doubt comes first, so that it is the same in whatever order.
        let clearFirst = unsure.filter(\.regression.isClear) + unsure.filter { !$0.regression.isClear }
        for (regression, suspects) in clearFirst where !suspects.contains(where: { rollbacks[$0.rollout] != nil }) {
            let names = suspects.map(\.subject).sorted().joined(separator: " or ")
            if regression.isClear, regression.splits.values.contains(.worse),
                let last = suspects.max(by: { ($0.since, $0.rollout) < ($1.since, $1.rollout) })
            {
                newest.insert(last.rollout)
                holds[last.rollout] = nil
                rollbacks[last.rollout] =
                    "\(regression.words) beyond doubt where \(names) has changed, and \(last.subject) is the newest of them"
                continue
            }
            for suspect in suspects where holds[suspect.rollout] == nil {
                holds[suspect.rollout] = "\(regression.words), and it may be \(names)"
            }
        }
        holdBeside(ledger)
    }

    /// What shares a service with a change that goes back cannot be judged before that one is gone.
    private mutating func holdBeside(_ ledger: ChangeLedger) {
        let guilty = ledger.changes.filter { rollbacks[$0.rollout] != nil }
        for change in ledger.changes where rollbacks[change.rollout] == nil && holds[change.rollout] == nil {
            guard let culprit = guilty.first(where: { ledger.touch($0, change) }),
                let reason = rollbacks[culprit.rollout]
            else { continue }
            holds[change.rollout] = "\(culprit.subject) (rollout \(culprit.rollout)) is rolled back: \(reason)"
        }
    }
}

extension SeenRegression {
    fileprivate var words: String { "check \(check) of \(service) is worse" }
}

/// What explains one regression.
private enum Explanation {
    case changes([ChangeInFlight], how: String)
    case ambiguous([ChangeInFlight])
    case nothing(why: String)

    init(of regression: SeenRegression, in ledger: ChangeLedger) {
        let felt = ledger.changes.filter { ledger.isFelt($0, by: regression.service) }
        let suspects = felt.filter { $0.since <= regression.since && regression.splits[$0.rollout] != .alike }
        let split = ledger.changes.filter { regression.splits[$0.rollout] == .worse }
        if !split.isEmpty {
            // Of those that a split shows, each that nothing else on the same hosts could explain.
            let coinciding = split.map { change in
                suspects.filter { $0.rollout != change.rollout && change.coincides(with: $0) }
            }
            let clear = zip(split, coinciding).filter(\.1.isEmpty).map(\.0)
            if !clear.isEmpty {
                self = .changes(clear, how: "with the change than without it")
            } else {
                let all = Set((split + coinciding.flatMap(\.self)).map(\.rollout))
                self = .ambiguous(ledger.changes.filter { all.contains($0.rollout) })
            }
            return
        }
        switch suspects.count {
        case 1 where regression.splits[suspects[0].rollout] == nil:
            self = .changes(
                suspects, how: "than before, and \(suspects[0].subject) is the only change it can come from")
        case 0: self = .nothing(why: Explanation.why(felt, regression))
        default: self = .ambiguous(suspects)
        }
    }

    private static func why(_ felt: [ChangeInFlight], _ regression: SeenRegression) -> String {
        if felt.isEmpty { return "no change in flight reaches it" }
        let cleared = felt.filter { regression.splits[$0.rollout] == .alike }.map(\.subject)
        let late = felt.filter { regression.splits[$0.rollout] != .alike }.map(\.subject)
        var parts: [String] = []
        if !cleared.isEmpty { parts.append("\(cleared.joined(separator: ", ")) behaves like what it replaces") }
        if !late.isEmpty { parts.append("\(late.joined(separator: ", ")) began later") }
        return parts.joined(separator: ", and ")
    }
}
