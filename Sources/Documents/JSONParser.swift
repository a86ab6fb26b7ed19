/// Reads JSON (RFC 8259) strictly, with the place of every value.
///
/// Works on bytes: a text is built once, from the slice that holds it. One pass, O(bytes).
public struct JSONParser {
    /// Deeper nesting is refused, so that no document can exhaust the stack.
    public static let depthLimit = 128

    let bytes: [UInt8]
    let file: String
    var offset = 0
    var line = 1
    /// Where the line would begin if every scalar of it so far had one byte.
    var lineStart = 0
    private var depth = 0
    /// Keys that are there twice; the document is read on, so that all of them are found.
    private var duplicates: [DocumentIssue] = []

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// Reads one JSON value with nothing but white space around it.
    ///
    /// - Returns: The value, or `nil` with at least one issue.
    public static func parse(_ bytes: [UInt8], file: String) -> (node: Node?, issues: [DocumentIssue]) {
        var parser = JSONParser(bytes: bytes, file: file)
        do throws(DocumentIssue) {
            let node = try parser.document()
            return (parser.duplicates.isEmpty ? node : nil, parser.duplicates)
        } catch {
            return (nil, parser.duplicates + [error])
        }
    }

    private mutating func document() throws(DocumentIssue) -> Node {
        if hasByteOrderMark {
            offset = 3
            lineStart = 3
        }
        skipSpace()
        guard offset < bytes.count else { throw issue("the file is empty: a JSON value is expected") }
        let node = try value()
        skipSpace()
        guard offset == bytes.count else {
            throw issue("found \(here) after the end of the document", hint: "a JSON file holds one value")
        }
        return node
    }

    private mutating func value() throws(DocumentIssue) -> Node {
        let position = self.position
        guard offset < bytes.count else { throw issue("the file ends where a value is expected") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return Node(.mapping(try mapping()), at: position)
        case UInt8(ascii: "["): return Node(.sequence(try sequence()), at: position)
        case UInt8(ascii: "\""): return Node(.string(try string()), at: position)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return Node(try number(), at: position)
        default:
            if take("true") { return Node(.bool(true), at: position) }
            if take("false") { return Node(.bool(false), at: position) }
            if take("null") { return Node(.null, at: position) }
            throw issue("expected a value, found \(here)", hint: valueHint)
        }
    }

    private mutating func mapping() throws(DocumentIssue) -> [Node.Entry] {
        try descend()
        var entries: [Node.Entry] = []
        var known: [[UInt8]: Int] = [:]
        while try hasNext(close: UInt8(ascii: "}"), after: entries.isEmpty ? nil : "an entry") {
            let position = self.position
            guard byte == UInt8(ascii: "\"") else {
                throw issue("expected a key in double quotes, found \(here)")
            }
            let key = try string()
            skipSpace()
            guard byte == UInt8(ascii: ":") else { throw issue("expected ':' after the key, found \(here)") }
            offset += 1
            skipSpace()
            if let first = earlier(key, in: entries, &known) {
                duplicates.append(duplicateKeyIssue(key, file: file, at: position, first: first))
                _ = try value()
            } else {
                entries.append(Node.Entry(key, at: position, try value()))
            }
        }
        depth -= 1
        return entries
    }

    /// Where this key was before, byte for byte. Few entries are compared one by one; many go through a table.
    private func earlier(_ key: String, in entries: [Node.Entry], _ known: inout [[UInt8]: Int]) -> Position? {
        if entries.count < 16 { return entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.keyPosition }
        for index in known.count..<entries.count { known[Array(entries[index].key.utf8)] = index }
        return known[Array(key.utf8)].map { entries[$0].keyPosition }
    }

    private mutating func sequence() throws(DocumentIssue) -> [Node] {
        try descend()
        var items: [Node] = []
        while try hasNext(close: UInt8(ascii: "]"), after: items.isEmpty ? nil : "an item") {
            items.append(try value())
        }
        depth -= 1
        return items
    }

    private mutating func descend() throws(DocumentIssue) {
        guard depth < JSONParser.depthLimit else {
            throw issue("nested deeper than \(JSONParser.depthLimit) levels")
        }
        depth += 1
        offset += 1
    }

    /// Stands before the next element of a list afterwards, or behind the closing bracket.
    private mutating func hasNext(close: UInt8, after element: String?) throws(DocumentIssue) -> Bool {
        skipSpace()
        if byte == close {
            offset += 1
            return false
        }
        guard let element else {
            if offset == bytes.count { throw issue("the file ends before '\(UnicodeScalar(close))'") }
            return true
        }
        guard byte == UInt8(ascii: ",") else {
            throw issue("expected ',' or '\(UnicodeScalar(close))' after \(element), found \(here)")
        }
        offset += 1
        skipSpace()
        if byte == close { throw issue("a comma before '\(UnicodeScalar(close))'", hint: "remove the comma") }
        return true
    }
}

/// The issue of a key that is in one mapping twice.
public func duplicateKeyIssue(_ key: String, file: String, at position: Position, first: Position) -> DocumentIssue {
    DocumentIssue(
        file: file, at: position, path: key, message: "the key '\(shortened(key))' is here twice",
        hint: "the first one is at \(first)")
}
