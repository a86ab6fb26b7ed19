import Statistics
public import Values

/// Whether a flag's targeting keys were given their variants as planned.
///
/// Two things make any comparison of variants worthless: shares that are not those that were planned (a sample ratio mismatch:
/// something decides who is seen, and it may be the variant), and keys that were given both variants.
public struct FlagExposureCheck: Hashable, Sendable {
    /// What one process has seen.
    public struct Seen: Hashable, Sendable {
        /// Different keys whom the share decided, and that were given the new variant.
        public var to: Double
        /// The same with the variant before.
        public var from: Double
        /// All different keys.
        public var keys: Double
        /// Those of them that were given several variants.
        public var crossed: Double

        public init(to: Double, from: Double, keys: Double, crossed: Double) {
            self.to = to
            self.from = from
            self.keys = keys
            self.crossed = crossed
        }
    }

    /// The new variant.
    public var to: String
    /// The variant before.
    public var from: String
    /// How many of the keys should be given `to`.
    public var share: Percentage
    /// By process.
    public var seen: [Seen]

    /// A false alarm in a thousand rollouts.
    private static let chance = 0.001
    /// More keys with both variants than this share of all are too many, from so many on.
    private static let mostCrossed = (share: 0.01, keys: 10.0)

    public init(to: String, from: String, share: Percentage, seen: [Seen]) {
        self.to = to
        self.from = from
        self.share = share
        self.seen = seen
    }

    /// ln E that the shares are not the planned ones.
    ///
    /// A key may be seen by several processes, so that their counts are not independent; each one's evidence is fair by itself, and
    /// an average of fair evidence is fair whatever they have in common.
    public var log: Double {
        guard share.percent > 0, share.percent < 100, !seen.isEmpty else { return 0 }
        let evidence = ShareEvidence(shares: [share.fraction, 1 - share.fraction])
        let logs = seen.map { evidence.log([$0.to, $0.from]) }
        return Merging.mean(logs, weights: logs.map { _ in 1 / Double(logs.count) })
    }

    /// What is wrong, in a sentence; `nil` when nothing is.
    public var doubt: String? { crossing ?? mismatch }

    private var mismatch: String? {
        guard log >= logarithm(1 / FlagExposureCheck.chance) else { return nil }
        let (new, old) = seen.reduce((0.0, 0.0)) { ($0.0 + $1.to, $0.1 + $1.from) }
        return "'\(to)' was given to \(countText(new)) of \(countText(new + old)) targeting keys, "
            + "\(percentText(new / (new + old))) where \(share) are planned: something besides the share decides who is seen"
    }

    private var crossing: String? {
        let (keys, crossed) = seen.reduce((0.0, 0.0)) { ($0.0 + $1.keys, $0.1 + $1.crossed) }
        let most = FlagExposureCheck.mostCrossed
        guard crossed >= most.keys, crossed > keys * most.share else { return nil }
        return
            "\(countText(crossed)) of \(countText(keys)) targeting keys were given more than one variant: is the flag evaluated "
            + "with different attributes for the same key?"
    }
}
