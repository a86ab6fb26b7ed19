import Documents

/// What a plain YAML scalar is by the core schema of YAML 1.2: `no` and `12:30` are texts, `0o17` is 15.
func coreSchemaValue(_ text: String) -> Node.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .number(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
    default: break
    }
    guard let first = text.utf8.first, (48...57).contains(first) || "+-.".utf8.contains(first) else {
        return .string(text)
    }
    if text.hasPrefix("0x"), let number = unsigned(text.dropFirst(2), radix: 16) { return .integer(number) }
    if text.hasPrefix("0o"), let number = unsigned(text.dropFirst(2), radix: 8) { return .integer(number) }
    guard isDecimal(text) else { return .string(text) }
    if let number = Int64(text) { return .integer(number) }
    // A number that is too large for either stays a text: nothing is lost, and whoever wants a number says so.
    guard let number = Double(text), number.isFinite else { return .string(text) }
    return text.utf8.contains(where: { ".eE".utf8.contains($0) }) ? .number(number) : .string(text)
}

/// `010` is 8 in YAML 1.1 and 10 in YAML 1.2.
func hasLeadingZero(_ text: String) -> Bool {
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    return digits.utf8.count > 1 && digits.utf8.first == UInt8(ascii: "0")
        && digits.utf8.allSatisfy { (48...57).contains($0) }
}

private func unsigned(_ digits: Substring, radix: Int) -> Int64? {
    guard let first = digits.first, first != "+", first != "-" else { return nil }
    return Int64(digits, radix: radix)
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
private func isDecimal(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    func takeDigits() -> Int {
        let digits = rest.prefix { (48...57).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.count
    }
    func take(_ characters: String) -> Bool {
        guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
        rest = rest.dropFirst()
        return true
    }
    _ = take("+-")
    let whole = takeDigits()
    if take("."), takeDigits() == 0, whole == 0 { return false }
    if whole == 0, text.utf8.allSatisfy({ $0 != UInt8(ascii: ".") }) { return false }
    if take("eE") {
        _ = take("+-")
        if takeDigits() == 0 { return false }
    }
    return rest.isEmpty
}
