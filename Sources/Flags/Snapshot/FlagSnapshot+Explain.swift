public import Values

/// Why a flag answered as it did.
public struct FlagExplanation: Hashable, Sendable {
    public var resolution: Resolution
    /// The name of the variant; `nil` when the caller's own default counts.
    public var variant: String?
    /// What was looked at, in the order of the rule, for people.
    public var steps: [Step]

    /// One thing that was looked at.
    public struct Step: Hashable, Sendable {
        /// How deep it is within the rule, from 0.
        public var depth: Int
        public var text: String
    }

    /// The explanation as lines of text.
    public var text: String {
        steps.map { String(repeating: "  ", count: $0.depth) + $0.text }.joined(separator: "\n")
    }
}

extension FlagSnapshot {
    /// Evaluates a flag, and says why it answers as it does.
    public func explain(_ flag: Int32, in context: EvaluationContext, at now: Timestamp) -> FlagExplanation {
        var bound = BoundContext()
        bind(context, into: &bound)
        let resolution = evaluate(flag, in: &bound, at: now)
        let variant = resolution.variant < 0 ? nil : variantName(flag, resolution.variant)
        let outcome = variant.map { "it answers '\($0)'" } ?? "it answers the caller's own default"
        let step = FlagExplanation.Step(depth: 0, text: "\(key(flag)): \(outcome) (\(resolution.reason.name))")
        return FlagExplanation(resolution: resolution, variant: variant, steps: [step])
    }
}
