/// The few looks that the command line has.
enum Look: String, Sendable {
    case plain
    case bold
    case dim
    case good
    case bad
    case caution
    case accent

    /// The parameters of the terminal's colour sequence. The sixteen basic colours follow the user's own palette.
    fileprivate var code: String {
        switch self {
        case .plain: return ""
        case .bold: return "1"
        case .dim: return "2"
        case .good: return "32"
        case .bad: return "1;31"
        case .caution: return "33"
        case .accent: return "36"
        }
    }
}

/// A line of text in pieces of one look each; its width is known, whatever the colours.
struct StyledText: Sendable {
    private(set) var spans: [(text: String, look: Look)] = []

    init() {}

    init(_ text: String, _ look: Look = .plain) {
        spans = [(harmless(text), look)]
    }

    var width: Int { spans.reduce(0) { $0 + displayWidth($1.text) } }

    static func + (left: StyledText, right: StyledText) -> StyledText {
        var result = left
        result.spans += right.spans
        return result
    }

    static func += (left: inout StyledText, right: StyledText) {
        left.spans += right.spans
    }

    /// Filled up with spaces at its end, or at its start when `right` is true.
    func padded(to width: Int, right: Bool = false) -> StyledText {
        let gap = width - self.width
        guard gap > 0 else { return self }
        let space = StyledText(String(repeating: " ", count: gap))
        return right ? space + self : self + space
    }

    /// Cut so that it fits.
    func fitted(to width: Int?, symbols: Bool) -> StyledText {
        guard let width, self.width > width else { return self }
        var result = StyledText()
        var rest = width
        for span in spans where rest > 0 {
            let isLast = displayWidth(span.text) >= rest
            // One column is kept for the mark of what is missing.
            let text = isLast ? shortened(span.text + "  ", to: rest, symbols: symbols) : span.text
            result.spans.append((text, span.look))
            rest -= displayWidth(text)
            if isLast { break }
        }
        return result
    }

    /// The text for a terminal or a file, without spaces at its end.
    func text(colour: Bool) -> String {
        var spans = self.spans
        while let last = spans.last, last.look == .plain || !colour {
            var text = last.text
            while text.hasSuffix(" ") { text.removeLast() }
            spans[spans.count - 1].text = text
            guard text.isEmpty else { break }
            spans.removeLast()
        }
        return spans.map { span in
            colour && span.look != .plain && !span.text.isEmpty
                ? "\u{1B}[\(span.look.code)m\(span.text)\u{1B}[0m" : span.text
        }.joined()
    }
}
