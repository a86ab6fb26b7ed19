extension ProgramBuilder {
    /// Writes a `fractional`: its shares lead to the code of their variants.
    mutating func split(_ rule: Rule, _ arguments: [Rule], _ goal: Goal) {
        guard !rule.canFail, let key = key(arguments), let parts = ProgramBuilder.shares(arguments[key.dropped...])
        else {
            return leave(rule, goal)
        }
        let (noKey, slow) = (newLabel(), newLabel())
        var split = key.split
        split.total = UInt32(parts.reduce(0) { $0 + $1.weight })
        split.firstShare = UInt32(shares.count)
        split.noKey = noKey
        split.slow = slow
        var end: UInt32 = 0
        let used = parts.filter { $0.weight > 0 }
        let targets = used.map { _ in newLabel() }
        for (part, target) in zip(used, targets) {
            end += UInt32(part.weight)
            shares.append(Share(end: end, target: target))
        }
        split.shareCount = UInt32(used.count)
        splits.append(split)
        instructions.append(Instruction(code: .split, other: UInt32(splits.count - 1)))
        let inner = goal.withoutNext(newLabel())
        for (part, target) in zip(used, targets) {
            put(target)
            emit(part.variant, inner)
        }
        put(slow)
        leave(rule, inner)
        put(noKey)
        emit(.value(.null), goal)
    }

    /// What is hashed, and how many arguments that takes; `nil` when only the tree can tell.
    private mutating func key(_ arguments: [Rule]) -> (split: Split, dropped: Int)? {
        guard let first = arguments.first else { return nil }
        var split = Split(key: Split.Key.usual, isCanonical: bucketing == .v3, total: 0, firstShare: 0, shareCount: 0)
        switch bucketing {
        case .v3:
            var prefix = CanonicalCBOR.encode(.list([.string(flag.key), .null]))
            prefix.removeLast()
            split.prefix = bytesConstant(prefix)
        case .v2: split.prefix = bytesConstant(Array(flag.key.utf8))
        }
        switch first {
        case .list, .value(.list): return (split, 0)
        case .value(.object), .value(.null), .unknown: return nil
        case .call(let known, let parts) where known.name == Operator.concatenated.name:
            split.key = Split.Key.pieces
            split.firstPiece = UInt32(pieces.count)
            split.pieceCount = UInt32(parts.count)
            let operands = operands(parts)
            guard operands.count == parts.count else { return nil }
            pieces += operands
            return (split, 1)
        default:
            guard let operand = operand(first) else { return nil }
            split.key = Split.Key.slot
            split.slot = operand.slot
            split.constant = operand.constant
            return (split, 1)
        }
    }

    private mutating func operands(_ rules: [Rule]) -> [Operand] {
        var operands: [Operand] = []
        for rule in rules {
            guard let operand = operand(rule) else { break }
            operands.append(operand)
        }
        return operands
    }

    /// The shares with their weights; `nil` when a weight is calculated, or they are no valid shares.
    private static func shares(_ arguments: ArraySlice<Rule>) -> [(variant: Rule, weight: Int64)]? {
        var shares: [(variant: Rule, weight: Int64)] = []
        for argument in arguments {
            let parts: [Rule]
            switch argument {
            case .list(let rules): parts = rules
            case .value(.list(let values)): parts = values.map(Rule.value)
            default: return nil
            }
            guard let variant = parts.first, parts.count <= 2 else { return nil }
            var weight: Int64 = 1
            if parts.count == 2 {
                guard case .value(.integer(let number)) = parts[1], number <= Fraction.limit else { return nil }
                weight = max(0, number)
            }
            shares.append((variant, weight))
        }
        let total = shares.reduce(0) { $0 + $1.weight }
        return total > 0 && total <= Fraction.limit ? shares : nil
    }
}
