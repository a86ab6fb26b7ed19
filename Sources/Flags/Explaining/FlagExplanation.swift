/// Why a flag answered as it did.
public struct FlagExplanation: Hashable, Sendable {
    public var resolution: Resolution
    /// The name of the variant; `nil` when the caller's own default counts, or nothing can be answered.
    public var variant: String?
    /// Which of the rule's conditions matched, from 1; `nil` when none did, or the flag has none.
    public var rule: Int?
    /// Where the key fell in the last `fractional`; `nil` when none was reached.
    public var bucket: Bucket?
    /// In one sentence.
    public var summary: String
    /// What was looked at, in the order of the rule.
    public var steps: [Step]

    /// A place among the shares of a `fractional`.
    public struct Bucket: Hashable, Sendable {
        /// What was hashed, for people.
        public var key: String
        /// From 0.
        public var number: Int
        /// How many there are: the sum of the weights.
        public var total: Int
    }

    /// One thing that was looked at.
    public struct Step: Hashable, Sendable {
        public enum Outcome: String, Hashable, Sendable, CaseIterable {
            case matches
            case doesNotMatch
            /// Something before it had decided already.
            case notReached
            case note
        }

        /// How deep it is within the rule, from 0.
        public var depth: Int
        public var outcome: Outcome
        public var text: String
    }

    /// The explanation as lines of text.
    public var text: String {
        ([summary] + steps.map { "\(String(repeating: "  ", count: $0.depth + 1))\($0.outcome.mark) \($0.text)" })
            .joined(separator: "\n")
    }
}

extension FlagExplanation.Step.Outcome {
    fileprivate var mark: String {
        switch self {
        case .matches: "✓"
        case .doesNotMatch: "✗"
        case .notReached: "·"
        case .note: "→"
        }
    }
}
