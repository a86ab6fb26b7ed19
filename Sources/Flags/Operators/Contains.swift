extension Operator {
    /// `{"in": ["a", list]}` and `{"in": ["part", text]}`: whether the first is in the second.
    static let contains = Operator("in") { arguments, _ in
        let wanted = arguments.argument(0)
        switch arguments.argument(1) {
        case .list(let items): return .bool(items.contains { FlagValue.strictlyEqual($0, wanted) })
        case .string(let text): return .bool(holds(text, wanted.text))
        case .null, .bool, .integer, .number, .object: return false
        }
    }

    private static func holds(_ text: String, _ part: String) -> Bool {
        var (text, part) = (text, part)
        return text.withUTF8 { text in part.withUTF8 { holds(UnsafeRawBufferPointer(text), UnsafeRawBufferPointer($0)) }
        }
    }

    private static func holds(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
        guard let wanted = part.baseAddress, let bytes = text.baseAddress else { return part.isEmpty }
        return find(bytes, text.count, wanted, part.count)
    }
}

/// Whether a text has a part, in time that grows with the text only.
func find(_ text: UnsafeRawPointer, _ count: Int, _ part: UnsafeRawPointer, _ partCount: Int) -> Bool {
    if partCount == 0 { return true }
    if partCount > 64 { return findLong(text, count, part, partCount) }
    let first = part.load(as: UInt8.self)
    var offset = 0
    while offset <= count &- partCount {
        if text.load(fromByteOffset: offset, as: UInt8.self) == first, sameBytes(text + offset, part, partCount) {
            return true
        }
        offset &+= 1
    }
    return false
}

/// Knuth, Morris and Pratt: no byte of the text is looked at again, however much of the part it began.
@inline(never)
private func findLong(_ text: UnsafeRawPointer, _ count: Int, _ part: UnsafeRawPointer, _ partCount: Int) -> Bool {
    guard partCount <= count else { return false }
    let text = UnsafeRawBufferPointer(start: text, count: count)
    let part = UnsafeRawBufferPointer(start: part, count: partCount)
    // How much of the part is still found when the next byte is another one.
    var borders = [Int32](repeating: 0, count: partCount)
    var length = 0
    for place in 1..<partCount {
        while length > 0, part[place] != part[length] { length = Int(borders[length - 1]) }
        if part[place] == part[length] { length += 1 }
        borders[place] = Int32(length)
    }
    length = 0
    for byte in text {
        while length > 0, byte != part[length] { length = Int(borders[length - 1]) }
        if byte == part[length] { length += 1 }
        if length == partCount { return true }
    }
    return false
}
