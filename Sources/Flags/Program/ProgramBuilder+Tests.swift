extension ProgramBuilder {
    mutating func comparison(_ name: String, _ left: Rule, _ right: Rule) -> Instruction? {
        guard let one = operand(left), let other = operand(right) else { return nil }
        if name == "==" || name == "===" {
            if let test = textComparison(one, other, isLoose: name == "==") { return test }
            if let test = textComparison(other, one, isLoose: name == "==") { return test }
        }
        let code: Instruction.Code
        switch name {
        case "==": code = .looselyEqual
        case "===": code = .strictlyEqual
        case "<": code = .less
        default: code = .lessOrEqual
        }
        return Instruction(
            code: code, slot: one.slot, otherSlot: other.slot, constant: one.constant, other: other.constant)
    }

    /// An attribute and a text that the rule mentions.
    private mutating func textComparison(_ operand: Operand, _ text: Operand, isLoose: Bool) -> Instruction? {
        let constant = constants[Int(text.constant)]
        guard text.slot == Instruction.constantSlot, constant.tag == Slot.Tag.string else { return nil }
        needSymbol(operand.slot)
        return Instruction(
            code: .isText, slot: operand.slot, otherSlot: isLoose ? 1 : 0, constant: operand.constant,
            other: text.constant, count: constant.symbol)
    }

    mutating func textTest(_ code: Instruction.Code, _ arguments: [Rule]) -> Instruction? {
        guard arguments.count == 2, let text = operand(arguments[0]), case .value(.string(let part)) = arguments[1]
        else {
            return nil
        }
        return Instruction(code: code, slot: text.slot, constant: text.constant, other: constant(.string(part)))
    }

    mutating func versionTest(_ rule: Rule, _ arguments: [Rule]) -> Instruction? {
        guard arguments.count == 3, let version = operand(arguments[0]), case .value(.string(let sign)) = arguments[1],
            let comparison = VersionComparison(rawValue: sign), case .value(.string(let text)) = arguments[2]
        else { return nil }
        let constant = constants[Int(constant(.string(text)))]
        guard let bytes = constant.bytes, let other = FastVersion(bytes, constant.count) else { return nil }
        versions.append(FastVersionTest(version: other, comparison: comparison))
        return Instruction(
            code: .version, slot: version.slot, constant: version.constant, other: UInt32(versions.count - 1),
            count: left(rule))
    }

    /// `in`, where one of the two is known; answers whether it was written.
    mutating func testContains(_ arguments: [Rule], yes: Label, no: Label, next: Label) -> Bool {
        guard arguments.count >= 2 else { return false }
        if case .value(.string(let part)) = arguments[0], let text = operand(arguments[1]) {
            let instruction = Instruction(
                code: .holds, slot: text.slot, constant: text.constant, other: constant(.string(part)))
            test(instruction, yes: yes, no: no, next: next)
            return true
        }
        guard let items = arguments[1].knownItems, let wanted = operand(arguments[0]) else { return false }
        let texts = items.compactMap { item -> String? in if case .string(let text) = item { text } else { nil } }
        if texts.count == items.count {
            needSymbol(wanted.slot)
            let first = UInt32(symbols.count)
            symbols += texts.map { constants[Int(constant(.string($0)))].symbol }.sorted()
            let instruction = Instruction(
                code: .isOneOfTexts, slot: wanted.slot, constant: wanted.constant, other: first,
                count: UInt32(texts.count))
            test(instruction, yes: yes, no: no, next: next)
            return true
        }
        guard items.count <= 64, !items.contains(where: \.isComposite) else { return false }
        for item in items {
            let more = newLabel()
            guard let instruction = comparison("===", arguments[0], .value(item)) else { return false }
            test(instruction, yes: yes, no: more, next: more)
            put(more)
        }
        jump(to: no, next: next)
        return true
    }
}

extension Rule {
    /// The items of a list that needs no context: written out, or merged of such.
    fileprivate var knownItems: [FlagValue]? {
        switch self {
        case .value(.list(let items)): return items
        case .call(let known, let arguments) where known.name == Operator.merged.name:
            var items: [FlagValue] = []
            for argument in arguments {
                if let inner = argument.knownItems {
                    items += inner
                } else if case .value(let value) = argument {
                    items.append(value)
                } else {
                    return nil
                }
            }
            return items
        default: return nil
        }
    }
}
