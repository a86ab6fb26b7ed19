import Documents
public import Values

/// What a variant gets of those whom no rule answers.
public struct FlagShare: Hashable, Codable, Sendable {
    public var variant: String
    /// For example `20%`.
    public var share: String

    public init(variant: String, share: String) {
        self.variant = variant
        self.share = share
    }
}

extension ManagedFlag {
    /// How those whom no rule answers are distributed among the variants, in the order of their buckets; variants that get
    /// nothing are left out. Empty when callers get their own default, `nil` when an expression decides.
    public var distribution: [(variant: String, share: Percentage)]? {
        guard let rest = targeting.rest else { return defaultVariant.map { [($0, Percentage(100))] } ?? [] }
        if case .string(let name) = rest.value { return [(name, Percentage(100))] }
        guard let (_, entries) = ManagedFlag.split(rest) else { return nil }
        var weights: [(variant: String, weight: Int64)] = []
        for entry in entries {
            guard case .sequence(let items) = entry.value, case .string(let name) = items.first?.value else {
                return nil
            }
            switch items.count > 1 ? items[1].value : .integer(1) {
            case .integer(let weight) where (0...Int64(Int32.max)).contains(weight): weights.append((name, weight))
            default: return nil
            }
        }
        let whole = weights.reduce(0.0) { $0 + Double($1.weight) }
        guard whole > 0 else { return nil }
        var sums: [(variant: String, weight: Int64)] = []
        for entry in weights where entry.weight > 0 {
            if let place = sums.firstIndex(where: { $0.variant == entry.variant }) {
                sums[place].weight += entry.weight
            } else {
                sums.append(entry)
            }
        }
        return sums.map { ($0.variant, Percentage((Double($0.weight) / whole * 1e5).rounded() / 1e3)) }
    }

    /// The `distribution` with what the ramp gives at this moment.
    public var presentShares: [(variant: String, share: Percentage)]? {
        guard let ramp, ramp.share.percent > 0 else { return distribution }
        guard let others = distribution else { return nil }
        let left = 100 - ramp.share.percent
        var shares = [(variant: ramp.to, share: ramp.share)]
        for other in others where left > 0 {
            let share = (other.share.percent * left * 10).rounded() / 1e3
            if other.variant == ramp.to {
                shares[0].share = Percentage(shares[0].share.percent + share)
            } else {
                shares.append((other.variant, Percentage(share)))
            }
        }
        return shares
    }

    /// The parts of a distribution: what it spreads by, when it says so itself, and its entries.
    private static func split(_ node: Node) -> (key: Node?, entries: [Node])? {
        guard let (name, arguments) = Logic.operation(of: node), name == "fractional" else { return nil }
        if Logic.isImplicitFractional(node) { return (nil, arguments) }
        return (arguments.first, Array(arguments.dropFirst()))
    }

    /// The targeting whose rules stay, and in which everybody else is distributed as given.
    ///
    /// Variants keep the order of their buckets, and the default comes last: who has a variant keeps it when its share rises.
    func distributed(_ shares: [FlagShare]) throws(FlagEditProblem) -> Node? {
        var wanted: [String: Double] = [:]
        for item in shares {
            guard let share = Percentage(item.share), share.percent <= 100 else {
                throw FlagEditProblem("'\(item.share)' is not a share", hint: "write it as 20%, from 0% through 100%")
            }
            guard wanted.updateValue(share.percent, forKey: try variant(item.variant)) == nil else {
                throw FlagEditProblem("the variant '\(item.variant)' has two shares")
            }
        }
        let sum = (wanted.values.reduce(0, +) * 1e3).rounded() / 1e3
        guard sum == 100 else {
            throw FlagEditProblem(
                "the shares add up to \(Percentage(sum)), not 100%", hint: "everybody gets one variant")
        }
        let present = distribution ?? []
        var order = present.count > 1 ? present.map(\.variant) : []
        order += variants.map(\.name).filter { !order.contains($0) && $0 != defaultVariant }
        if let defaultVariant, !order.contains(defaultVariant) { order.append(defaultVariant) }
        var targeting = targeting
        let entries = order.compactMap { name in wanted[name].flatMap { $0 > 0 ? (name, $0) : nil } }
        if entries.count == 1, let only = entries.first {
            targeting.rest = only.0 == defaultVariant ? nil : .string(only.0)
        } else {
            var whole = 100.0
            while whole < 100_000, entries.contains(where: { ($0.1 * whole / 100).rounded() != $0.1 * whole / 100 }) {
                whole *= 10
            }
            let weighted = entries.map { entry in
                Node.sequence([.string(entry.0), .integer(Int64((entry.1 * whole / 100).rounded()))])
            }
            let key = targeting.rest.flatMap(ManagedFlag.split)?.key.map { [$0] } ?? []
            targeting.rest = Logic.operation("fractional", key + weighted)
        }
        return targeting.node
    }
}
