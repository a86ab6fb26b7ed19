extension MeasureBook {
    /// What a served flag's metadata say of the rollout that decides it.
    struct Mark: Hashable, Sendable {
        var rollout: String
        /// In percent, as a number is written.
        var share: String
        /// Whether a share decides now between two variants, so that whoever a rule answers is not part of it.
        var isSplit: Bool
        /// How many conditions come before the share.
        var rules: Int
    }
}

extension MeasureBook.Mark {
    /// `nil` for a flag that no rollout decides.
    init?(_ metadata: [FlagMember]) {
        guard case .string(let rollout)? = metadata.first(where: { $0.name == "halcyon.rollout" })?.value else {
            return nil
        }
        let share: Double
        switch metadata.first(where: { $0.name == "halcyon.share" })?.value {
        case .integer(let percent): share = Double(percent)
        case .number(let percent): share = percent
        default: return nil
        }
        var rules = 0
        if case .integer(let count)? = metadata.first(where: { $0.name == "halcyon.rules" })?.value {
            rules = Int(clamping: count)
        }
        self.init(rollout: rollout, share: "\(share)", isSplit: share > 0 && share < 100, rules: rules)
    }

    /// Whether chance decided who was given which variant, and not a rule: those whom rules choose are unlike each other.
    func isDrawn(
        _ flag: Int32, in context: EvaluationContext, _ resolution: Resolution, _ snapshot: FlagSnapshot
    ) -> Bool {
        guard isSplit, resolution.error == nil, resolution.reason == .targetingMatch else { return false }
        if rules == 0 { return true }
        // Only for the few flags that are rolled out and have rules: it takes some dozens of microseconds.
        let explanation = snapshot.explain(flag, in: context, at: .now())
        return explanation.bucket != nil && explanation.rule.map { $0 > rules } ?? true
    }

    /// Whether what happens with the variant may be compared with what happens with the other one.
    func isComparable(
        _ flag: Int32, in context: EvaluationContext, _ resolution: Resolution, _ snapshot: FlagSnapshot
    ) -> Bool {
        isSplit ? isDrawn(flag, in: context, resolution, snapshot) : true
    }
}
