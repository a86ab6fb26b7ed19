extension Operator {
    /// `{"fractional": [key, ["a", 50], ["b", 50]]}`: the share that the key falls into, always the same for one key.
    ///
    /// Without a key it is the flag's key and the targeting key. Null when there is nothing to hash, or a share is wrong.
    static let fractional = Operator("fractional") { arguments, scope in
        guard let (hash, shares) = Fraction.hash(arguments, scope), let distribution = Fraction.parse(shares) else {
            return .null
        }
        let bucket = Int64(bucket(ofHash: hash, outOf: UInt32(distribution.total)))
        var end: Int64 = 0
        for share in distribution.shares {
            end += share.weight
            if bucket < end { return share.variant }
        }
        return .null
    }
}

/// A share of a `fractional`: what it answers, and how much of the whole it is.
struct Fraction {
    var variant: FlagValue
    var weight: Int64

    /// The sum of all weights is at most this.
    static let limit = Int64(Int32.max)

    /// The shares, and the sum of their weights; `nil` when one is wrong, or the sum is 0 or too large.
    static func parse(_ arguments: ArraySlice<FlagValue>) -> (shares: [Fraction], total: Int64)? {
        var shares: [Fraction] = []
        var total: Int64 = 0
        for argument in arguments {
            guard case .list(let parts) = argument, !parts.isEmpty, parts.count <= 2 else { return nil }
            var weight: Int64 = 1
            if parts.count == 2 {
                guard case .integer(let number) = parts[1] else { return nil }
                weight = max(0, number)
            }
            let (sum, overflow) = total.addingReportingOverflow(weight)
            total = overflow ? Int64.max : sum
            shares.append(Fraction(variant: parts[0], weight: weight))
        }
        return total > 0 && total <= limit ? (shares, total) : nil
    }

    /// The hash of the key, and the arguments that are shares; `nil` when there is no key.
    static func hash(_ arguments: [FlagValue], _ scope: Scope) -> (hash: UInt32, shares: ArraySlice<FlagValue>)? {
        guard let first = arguments.first else { return nil }
        switch scope.bucketing {
        case .v3:
            if case .list = first {
                guard let key = scope.targetingKey else { return nil }
                return (hash(CanonicalCBOR.encode([.string(scope.flagKey), .string(key)])), arguments[...])
            }
            return first == .null
                ? nil : (hash(CanonicalCBOR.encode(first, scope.largeIntegers)), arguments.dropFirst())
        case .v2:
            if case .string(let text) = first { return (hash(Array(text.utf8)), arguments.dropFirst()) }
            guard let key = scope.targetingKey else { return nil }
            return (hash(Array(scope.flagKey.utf8) + key.utf8), first == .null ? arguments.dropFirst() : arguments[...])
        }
    }

    private static func hash(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes(murmur3) }
}
