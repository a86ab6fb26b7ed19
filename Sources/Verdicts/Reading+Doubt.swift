import Values

extension Reading {
    /// How far the evidence is on its way to a rollback: 0 is none, 1 is there.
    public var leaning: Double {
        guard let evidence, evidence.threshold > 0 else { return 0 }
        return evidence.log / evidence.threshold
    }

    /// Whether an undecided check keeps a wave from being called good once its time is over. Evidence that says nothing does not:
    /// there is too little traffic to prove anything, and nothing looks wrong.
    public var leavesDoubt: Bool {
        guard evidence != nil, !lacksData, !holds else { return true }
        // Requests that reach everybody but the canary say that something is wrong.
        return leaning >= 0.5 || canary?.total == 0 && baseline?.total ?? 0 > 0
    }

    /// How long until it is decided, to be added to a reason; empty when that cannot be told, or the reason says it.
    fileprivate var estimate: String {
        guard !reason.contains("at this traffic"), let seconds = evidence?.expectedSeconds, seconds.isFinite,
            seconds > 0
        else { return "" }
        guard seconds < 7 * 86_400 else { return "; at this traffic it may never be decided" }
        let rounded = seconds < 120 ? seconds.rounded(.up) : (seconds / 60).rounded(.up) * 60
        return "; at this traffic it takes about \(Period.seconds(Int64(rounded))) more"
    }
}

extension [Reading] {
    /// Why a wave cannot be called good although its time is over; `nil` when nothing speaks against it. One rule for rollouts
    /// and for rehearsals of them.
    ///
    /// - Parameter critical: the checks that must have an answer, by name.
    public func reasonForDoubt(critical: Set<String>, budget: BudgetView?) -> String? {
        let open = filter { !$0.dryRun && $0.verdict != .pass }
        if let reading = open.first(where: \.leavesDoubt) {
            return "check \(reading.check) is undecided: \(reading.reason)\(reading.estimate)"
        }
        if let reading = open.first(where: { critical.contains($0.check) }) {
            return "check \(reading.check) is critical, and undecided: \(reading.reason)\(reading.estimate)"
        }
        guard let budget, budget.log >= budget.threshold / 2, let reading = open.max(by: { $0.leaning < $1.leaning })
        else { return nil }
        return "the checks are undecided together, \(reading.check) the most: \(reading.reason)\(reading.estimate)"
    }
}
