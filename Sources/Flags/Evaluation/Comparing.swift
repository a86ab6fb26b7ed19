/// JavaScript's `==`, `===` and `<`.
extension FlagValue {
    /// `==`: values of different kinds are converted first. Lists and objects are equal to no other list or object.
    static func looselyEqual(_ left: FlagValue, _ right: FlagValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.string(let one), .string(let other)): return sameText(one, other)
        case (.bool, .bool), (.integer, .integer): return left == right
        case (.list, .list), (.list, .object), (.object, .list), (.object, .object): return false
        case (.list, _), (.object, _), (_, .list), (_, .object): return looselyEqual(left.primitive, right.primitive)
        default: return order(left.asNumber, right.asNumber) == .same
        }
    }

    /// `===`: values of different kinds are never equal; integers and doubles are one kind.
    static func strictlyEqual(_ left: FlagValue, _ right: FlagValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.string(let one), .string(let other)): sameText(one, other)
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
            order(left, right) == .same
        default: false
        }
    }

    enum Order {
        case less
        case same
        case greater
        /// With NaN there is no order.
        case none
    }

    /// How two values stand to each other: two texts by their UTF-16, everything else by its number.
    static func compare(_ left: FlagValue, _ right: FlagValue) -> Order {
        let (left, right) = (left.primitive, right.primitive)
        if case .string(let one) = left, case .string(let other) = right {
            if sameText(one, other) { return .same }
            return one.utf16.lexicographicallyPrecedes(other.utf16) ? .less : .greater
        }
        return order(left.asNumber, right.asNumber)
    }

    /// The exact order of two numbers: an integer loses nothing when it is compared with a double.
    private static func order(_ left: FlagValue, _ right: FlagValue) -> Order {
        switch (left, right) {
        case (.integer(let one), .integer(let other)): one < other ? .less : one == other ? .same : .greater
        case (.integer(let one), .number(let other)): order(one, other)
        case (.number(let one), .integer(let other)): order(other, one).reversed
        case (.number(let one), .number(let other)):
            one < other ? .less : one == other ? .same : one > other ? .greater : .none
        default: .none
        }
    }

    private static func order(_ integer: Int64, _ number: Double) -> Order {
        if number.isNaN { return .none }
        if number >= 0x1p63 { return .less }
        if number < -0x1p63 { return .greater }
        let whole = Int64(number.rounded(.down))
        if integer != whole { return integer < whole ? .less : .greater }
        return number > Double(whole) ? .less : .same
    }
}

extension FlagValue.Order {
    var reversed: FlagValue.Order {
        switch self {
        case .less: .greater
        case .greater: .less
        case .same, .none: self
        }
    }
}

/// Texts are the same when their bytes are; Swift's own `==` also takes é and e + ´ for the same.
func sameText(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}
