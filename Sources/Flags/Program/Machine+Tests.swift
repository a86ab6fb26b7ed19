extension Program {
    @inline(__always)
    func operand(_ slots: UnsafeMutablePointer<Slot>, _ slot: UInt16, _ constant: UInt32) -> Slot {
        let value = slots[Int(slot)]
        return value.tag == Slot.Tag.none ? constants[Int(constant)] : value
    }

    /// Whether a symbol is among `count` sorted ones.
    @inline(__always)
    func has(_ symbol: UInt32, _ first: UInt32, _ count: UInt32) -> Bool {
        var (low, high) = (Int(first), Int(first &+ count))
        while high &- low > 8 {
            let middle = (low &+ high) >> 1
            if symbols[middle] <= symbol { low = middle } else { high = middle }
        }
        while low < high {
            if symbols[low] == symbol { return true }
            low &+= 1
        }
        return false
    }

    @inline(__always)
    func isTruthy(_ value: Slot) -> Bool {
        switch value.tag {
        case Slot.Tag.none, Slot.Tag.no: false
        case Slot.Tag.yes, Slot.Tag.large: true
        case Slot.Tag.integer: value.bits != 0
        case Slot.Tag.number: value.number != 0 && !value.number.isNaN
        case Slot.Tag.string: value.length > 0
        default: value.value.isTruthy
        }
    }

    @inline(__always)
    func compare(_ code: Instruction.Code, _ left: Slot, _ right: Slot) -> Bool {
        if left.tag == Slot.Tag.integer, right.tag == Slot.Tag.integer {
            return switch code {
            case .less: left.integer < right.integer
            case .lessOrEqual: left.integer <= right.integer
            default: left.integer == right.integer
            }
        }
        if let one = left.exactNumber, let other = right.exactNumber {
            return switch code {
            case .less: one < other
            case .lessOrEqual: one <= other
            default: one == other
            }
        }
        return compareOthers(code, left, right)
    }

    @inline(never)
    private func compareOthers(_ code: Instruction.Code, _ left: Slot, _ right: Slot) -> Bool {
        switch code {
        case .looselyEqual: return FlagValue.looselyEqual(left.value, right.value)
        case .strictlyEqual: return FlagValue.strictlyEqual(left.value, right.value)
        default:
            let order = FlagValue.compare(left.value, right.value)
            return order == .less || code == .lessOrEqual && order == .same
        }
    }

    @inline(__always)
    func compareText(_ code: Instruction.Code, _ text: Slot, _ part: Slot) -> Bool {
        guard let bytes = text.bytes, let wanted = part.bytes, text.tag == Slot.Tag.string else {
            return code == .holds && text.tag == Slot.Tag.composite && listHolds(text, part)
        }
        if part.count > text.count { return false }
        switch code {
        case .startsWith: return sameBytes(bytes, wanted, part.count)
        case .endsWith: return sameBytes(bytes + (text.count &- part.count), wanted, part.count)
        default: return find(bytes, text.count, wanted, part.count)
        }
    }

    @inline(never)
    private func listHolds(_ list: Slot, _ part: Slot) -> Bool {
        guard case .list(let items) = list.value else { return false }
        return items.contains { FlagValue.strictlyEqual($0, part.value) }
    }
}

extension Slot {
    /// A number, or what counts as one, where a double holds it exactly.
    @inline(__always) var exactNumber: Double? {
        switch tag {
        case Tag.integer: return integer.magnitude < 1 << 53 ? Double(integer) : nil
        case Tag.number: return number
        default: return nil
        }
    }
}
