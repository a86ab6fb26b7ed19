import PromQL
import Series
import Values

/// A label or an annotation of an alert, with places such as `{{ $labels.host }}` and `{{ $value | humanize }}`.
struct AlertText {
    private enum Source {
        case label(String)
        case value
        case text(String)
    }

    private enum Piece {
        case plain(Substring)
        case place(Source, [AlertFunction])
    }

    private var pieces: [Piece] = []
    /// The first place that is not understood; it stays as it is written.
    private(set) var problem: String?

    init(_ text: String) {
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            if !rest[..<open.lowerBound].isEmpty { pieces.append(.plain(rest[..<open.lowerBound])) }
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                problem = problem ?? "'{{' is not closed with '}}'"
                rest = rest[open.lowerBound...]
                break
            }
            let inner = rest[open.upperBound..<close.lowerBound]
            if let piece = AlertText.place(inner) {
                pieces.append(piece)
            } else {
                problem = problem ?? "'{{\(inner)}}' is not understood"
                pieces.append(.plain(rest[open.lowerBound..<close.upperBound]))
            }
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.plain(rest)) }
    }

    func text(labels: Labels, value: Double) -> String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .plain(let plain): text += plain
            case .place(let source, let functions):
                var result: AlertFunction.Value
                switch source {
                case .label(let name): result = .text(labels[name] ?? "")
                case .value: result = .number(value)
                case .text(let plain): result = .text(plain)
                }
                for function in functions { result = function.apply(to: result) }
                text += result.text
            }
        }
    }

    private static func place(_ inner: Substring) -> Piece? {
        let trimmed = inner.trimmedWhitespace
        var parts = trimmed.split(separator: "|", omittingEmptySubsequences: false).map(\.trimmedWhitespace)
        var words = parts.removeFirst()
        var functions: [AlertFunction] = []
        // `printf "%.2f" $value` and `humanize $value` put the function first.
        if let space = words.lastIndex(of: " "), !words.hasPrefix("\""),
            let function = AlertFunction(words[..<space].trimmedWhitespace)
        {
            functions.append(function)
            words = words[words.index(after: space)...].trimmedWhitespace
        }
        guard let source = source(words) else { return nil }
        for part in parts {
            guard let function = AlertFunction(part) else { return nil }
            functions.append(function)
        }
        return .place(source, functions)
    }

    private static func source(_ words: Substring) -> Source? {
        if words == "$value" || words == ".Value" { return .value }
        for prefix in ["$labels.", ".Labels."] where words.hasPrefix(prefix) {
            let name = words.dropFirst(prefix.count)
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || isLetterOrDigit($0) }) else {
                return nil
            }
            return .label(String(name))
        }
        guard words.count >= 2, words.first == "\"", words.last == "\"", !words.contains("\\") else { return nil }
        return .text(String(words.dropFirst().dropLast()))
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            return true
        default: return false
        }
    }
}

extension Substring {
    var trimmedWhitespace: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace {
            rest.removeFirst()
        }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
