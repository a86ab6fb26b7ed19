/// A place in a text of lines, in bytes.
struct ByteCursor {
    let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int
    private(set) var line = 0
    private var lineStart: Int
    private var lineEnd: Int
    private var nextLine: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.end = range.upperBound
        self.position = range.lowerBound
        self.lineStart = range.lowerBound
        self.lineEnd = range.lowerBound
        self.nextLine = range.lowerBound
    }

    /// Goes to the next line, wherever in the line it is; false at the end of the text.
    mutating func startLine() -> Bool {
        guard nextLine < end else { return false }
        lineStart = nextLine
        position = nextLine
        lineEnd = bytes[nextLine..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end
        nextLine = min(end, lineEnd + 1)
        if lineEnd > lineStart, bytes[lineEnd - 1] == UInt8(ascii: "\r") { lineEnd -= 1 }
        line += 1
        return true
    }

    /// The next `startLine` starts this line again.
    mutating func returnToLineStart() {
        nextLine = lineStart
        position = lineStart
        line -= 1
    }

    var lineLength: Int { lineEnd - lineStart }
    var column: Int { position - lineStart + 1 }
    var isAtLineEnd: Bool { position >= lineEnd }
    /// 0 at the end of the line.
    var peek: UInt8 { position < lineEnd ? bytes[position] : 0 }

    var restOfLine: String { String(decoding: bytes[position..<lineEnd], as: UTF8.self) }

    mutating func advance() { position += 1 }

    mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        guard !isAtLineEnd, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    mutating func skipBlanks() {
        while position < lineEnd, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    mutating func skip(while condition: (UInt8) -> Bool) {
        while position < lineEnd, condition(bytes[position]) { position += 1 }
    }

    func isValidText(_ range: Range<Int>) -> Bool {
        let slice = bytes[range]
        if slice.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: slice, as: UTF8.self) != nil
    }

    /// The bytes up to the next blank, as text; `nil` when there are none.
    mutating func token() -> String? {
        let start = position
        skip { $0 != 0x20 && $0 != 0x09 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A number up to the next blank. Stays where it is when there is none.
    mutating func number() -> Double? {
        let start = position
        if let whole = shortWholeNumber() { return whole }
        position = start
        guard let token = token(), let number = parseFloat(token) else {
            position = start
            return nil
        }
        return number
    }

    /// Most samples are small whole numbers; these need no text.
    private mutating func shortWholeNumber() -> Double? {
        var value: Int64 = 0
        let start = position
        while position < lineEnd, position - start < 16, (48...57).contains(bytes[position]) {
            value = value * 10 + Int64(bytes[position] - 48)
            position += 1
        }
        let ended = position == lineEnd || bytes[position] == 0x20 || bytes[position] == 0x09
        return ended && position > start && position - start < 16 ? Double(value) : nil
    }
}

/// Reads a number as the exposition formats and PromQL write it: `1`, `-0.5e3`, `NaN`, `+Inf`, `0x1F`.
public func parseFloat(_ text: some StringProtocol) -> Double? {
    switch text.lowercased() {
    case "nan", "+nan", "-nan": return Double.nan
    case "inf", "+inf", "infinity", "+infinity": return Double.infinity
    case "-inf", "-infinity": return -Double.infinity
    default:
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "(") }) else { return nil }
        return Double(text)
    }
}
