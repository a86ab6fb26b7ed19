/// Checks the form of `name{label="value",…}` or `{"name","label"="value",…}` without decoding it.
enum SeriesScanner {
    /// Leaves the cursor behind the series and returns the number of its labels.
    static func scan(_ cursor: inout ByteCursor) throws(ExpositionError) -> Int {
        let hasName = isNameStart(cursor.peek)
        if hasName { cursor.skip(while: isNamePart) }
        // Between the name and the brace there may be blanks, but what follows a blank may also be the value.
        var ahead = cursor
        ahead.skipBlanks()
        guard ahead.skip("{") else {
            if hasName { return 0 }
            throw error(cursor, "expected a metric name")
        }
        cursor = ahead
        var names: [ArraySlice<UInt8>] = []
        var hasQuotedName = false
        while true {
            cursor.skipBlanks()
            if cursor.skip("}") { break }
            try entry(&cursor, names: &names, mayBeName: !hasName && !hasQuotedName, isName: &hasQuotedName)
            cursor.skipBlanks()
            if cursor.skip(",") { continue }
            guard cursor.skip("}") else { throw error(cursor, "expected ',' or '}'") }
            break
        }
        if !hasName, !hasQuotedName {
            throw ExpositionError(line: cursor.line, column: cursor.column, message: "the series has no metric name")
        }
        return names.count
    }

    private static func entry(
        _ cursor: inout ByteCursor, names: inout [ArraySlice<UInt8>], mayBeName: Bool, isName: inout Bool
    ) throws(ExpositionError) {
        let start = cursor.position
        let quoted = cursor.peek == UInt8(ascii: "\"")
        if quoted {
            try quotedText(&cursor)
        } else {
            guard isLabelStart(cursor.peek) else { throw error(cursor, "expected a label name") }
            cursor.skip(while: isLabelPart)
        }
        let name = quoted ? cursor.bytes[start + 1..<cursor.position - 1] : cursor.bytes[start..<cursor.position]
        cursor.skipBlanks()
        if quoted, mayBeName, cursor.peek != UInt8(ascii: "=") {
            isName = true
            return
        }
        guard cursor.skip("=") else { throw error(cursor, "expected '='") }
        cursor.skipBlanks()
        guard cursor.peek == UInt8(ascii: "\"") else { throw error(cursor, "expected a quoted label value") }
        try quotedText(&cursor)
        if names.contains(name) {
            throw error(cursor, "the label '\(String(decoding: name, as: UTF8.self))' is given twice")
        }
        names.append(name)
    }

    private static func quotedText(_ cursor: inout ByteCursor) throws(ExpositionError) {
        cursor.advance()
        while true {
            cursor.skip { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if cursor.isAtLineEnd { throw error(cursor, "the quoted text does not end") }
            if cursor.skip("\"") { return }
            cursor.advance()
            switch cursor.peek {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "n"): cursor.advance()
            default: throw error(cursor, "only \\\\, \\\" and \\n may be escaped")
            }
        }
    }

    private static func error(_ cursor: ByteCursor, _ message: String) -> ExpositionError {
        ExpositionError(line: cursor.line, column: cursor.column, message: message)
    }

    static func isLabelStart(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || byte == UInt8(ascii: "_")
    }
    static func isLabelPart(_ byte: UInt8) -> Bool { isLabelStart(byte) || (48...57).contains(byte) }
    static func isNameStart(_ byte: UInt8) -> Bool { isLabelStart(byte) || byte == UInt8(ascii: ":") }
    static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || (48...57).contains(byte) }
}

/// Decodes what `SeriesScanner` has found to be well-formed.
enum SeriesDecoder {
    static func labels(_ bytes: [UInt8], _ range: Range<Int>) -> [String: String] {
        var labels: [String: String] = [:]
        var position = range.lowerBound
        var pending: String?
        while position < range.upperBound {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = quotedText(bytes, &position)
                if let name = pending {
                    labels[name] = text
                    pending = nil
                } else {
                    pending = text
                }
            } else if SeriesScanner.isNameStart(byte) {
                let start = position
                while position < range.upperBound, SeriesScanner.isNamePart(bytes[position]) { position += 1 }
                pending = String(decoding: bytes[start..<position], as: UTF8.self)
            } else {
                // Only a name is followed by anything but '='.
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") {
                    take(&pending, into: &labels)
                }
                position += 1
            }
        }
        take(&pending, into: &labels)
        return labels
    }

    private static func take(_ pending: inout String?, into labels: inout [String: String]) {
        if let name = pending { labels["__name__"] = name }
        pending = nil
    }

    private static func quotedText(_ bytes: [UInt8], _ position: inout Int) -> String {
        position += 1
        var text: [UInt8] = []
        while bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 1
                text.append(bytes[position] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : bytes[position])
            } else {
                text.append(bytes[position])
            }
            position += 1
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }
}
