extension Operator {
    /// `{"substr": [text, start, length]}`: a part. A negative start counts from the end; a negative length stops before it.
    ///
    /// As in JavaScript, characters outside of the basic plane count as two.
    static let substring = Operator("substr") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        let part = part(arguments)
        try scope.budget.take(bytes: part.utf8.count)
        return .string(part)
    }

    private static func part(_ arguments: [FlagValue]) -> String {
        let units = Array(arguments.argument(0).text.utf16)
        let start = whole(arguments.argument(1))
        let first = start < 0 ? max(units.count + start, 0) : min(start, units.count)
        guard arguments.count > 2 else { return String(decoding: units[first...], as: UTF16.self) }
        let length = whole(arguments[2])
        let end = length < 0 ? max(units.count + length, first) : min(first + length, units.count)
        return String(decoding: units[first..<end], as: UTF16.self)
    }

    /// The number without its fraction, within what any text can have; NaN is 0.
    private static func whole(_ value: FlagValue) -> Int {
        let number = value.asDouble
        return number.isNaN ? 0 : Int(max(-0x1p40, min(0x1p40, number.rounded(.towardZero))))
    }
}
