/// Runs the program of one flag. No step of it allocates, locks or counts references.
extension Program {
    enum Pause {
        case done(Resolution)
        /// The value of a rule is asked of the tree; then `resume` goes on.
        case tree
    }

    /// - Parameters:
    ///   - place: The next instruction.
    ///   - request: The rule that the tree is asked for.
    ///   - slots: The bound context, one slot for each attribute that rules read.
    @inline(__always)
    func run(
        _ head: Head, _ place: inout Int, _ request: inout UInt32, _ slots: UnsafeMutablePointer<Slot>,
        _ scratch: inout Scratch
    ) -> Pause {
        while true {
            let step = instructions[place]
            let holds: Bool
            switch step.code {
            case .isText:
                let value = operand(slots, step.slot, step.constant)
                if value.tag == Slot.Tag.string || value.tag == Slot.Tag.none || step.otherSlot == 0 {
                    holds = value.symbol == step.count
                } else {
                    holds = FlagValue.looselyEqual(value.value, constants[Int(step.other)].value)
                }
            case .isOneOfTexts:
                let symbol = operand(slots, step.slot, step.constant).symbol
                holds = symbol > Slot.Symbol.unknown && has(symbol, step.other, step.count)
            case .isTruthy:
                holds = isTruthy(operand(slots, step.slot, step.constant))
            case .looselyEqual, .strictlyEqual, .less, .lessOrEqual:
                holds = compare(
                    step.code, operand(slots, step.slot, step.constant), operand(slots, step.otherSlot, step.other))
            case .startsWith, .endsWith, .holds:
                holds = compareText(step.code, operand(slots, step.slot, step.constant), constants[Int(step.other)])
            case .version:
                let value = operand(slots, step.slot, step.constant)
                let test = versions[Int(step.other)]
                if value.tag == Slot.Tag.none {
                    holds = false
                } else if value.tag == Slot.Tag.string, let bytes = value.bytes,
                    let version = FastVersion(bytes, value.count)
                {
                    holds = version.holds(test.comparison, test.version)
                } else {
                    request = step.count
                    return .tree
                }
            case .rule, .answerRule:
                request = step.other
                return .tree
            case .jump:
                place = Int(step.target)
                continue
            case .split:
                place = choose(splits[Int(step.other)], slots, &scratch)
                continue
            case .answer:
                return .done(Resolution(variant: Int32(truncatingIfNeeded: step.other), reason: .targetingMatch))
            case .answerDefault:
                return .done(head.otherwise)
            case .answerNamed:
                let value = operand(slots, step.slot, step.constant)
                return .done(answer(value, head))
            case .fail:
                return .done(.failed(FlagErrorCode(rawValue: UInt8(truncatingIfNeeded: step.other)) ?? .general))
            }
            place = holds == step.sense ? place &+ 1 : Int(step.target)
        }
    }

    /// Takes the value that the tree gave for the instruction at `place`; answers when that was the end.
    func resume(_ value: FlagValue, _ head: Head, _ place: inout Int) -> Resolution? {
        let step = instructions[place]
        if step.code == .answerRule { return answer(value, head) }
        place = value.isTruthy == step.sense ? place + 1 : Int(step.target)
        return nil
    }
}
