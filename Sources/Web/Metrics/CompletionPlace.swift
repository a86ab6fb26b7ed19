import PromQL
import Series

/// What can be written at a place of an expression that is not finished yet.
struct CompletionPlace: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A metric, a function, an aggregation or a number.
        case operand
        /// What goes on after an operand: operators and modifiers.
        case modifier
        /// The name of a label, of series that these match; none is of any.
        case labelName([LabelMatcher])
        /// Its value; `quote` is what opened it, `nil` when nothing did yet.
        case labelValue(String, [LabelMatcher], quote: Character?)
        /// A length of time in square brackets.
        case duration
        case nothing
    }

    var kind = Kind.nothing
    /// What stands there already; it is replaced.
    var prefix = ""

    fileprivate enum Bracket: Hashable {
        case call
        /// `by (…)` and its like.
        case labels
        case braces(metric: String?)
        case square
    }

    fileprivate struct Scan {
        var brackets: [Bracket] = []
        /// The last word or mark, and whether it ends an operand.
        var last = ""
        var endsOperand = false
        /// Within braces: what was said so far.
        var label: String?
        var operation: LabelMatcher.Operation?
        var matchers: [LabelMatcher] = []
        /// Every metric so far, for labels that are grouped by.
        var metrics: [String] = []
    }

    fileprivate static let groupers: Set = ["by", "without", "on", "ignoring", "group_left", "group_right"]
    private static let words: Set = [
        "and", "or", "unless", "atan2", "offset", "bool", "by", "without", "on", "ignoring", "group_left",
        "group_right",
        "inf", "nan", "fill", "fill_left", "fill_right", "anchored", "smoothed", "start", "end",
    ]

    /// - Parameter before: the text up to the cursor.
    /// - Parameter after: the rest, which may name metrics too.
    init(before: String, after: String = "") {
        var scan = Scan()
        var rest = Substring(before)
        while let first = rest.first {
            if first == "\"" || first == "'" || first == "`" {
                rest.removeFirst()
                guard let text = CompletionPlace.quoted(&rest, first) else {
                    settle(within: first, String(rest), scan)
                    return
                }
                scan.take(text: text)
            } else if CompletionPlace.isWordStart(first) {
                let word = rest.prefix(while: CompletionPlace.isWordPart)
                rest = rest[word.endIndex...]
                if rest.isEmpty {
                    settle(word: String(word), scan, after)
                    return
                }
                scan.take(word: String(word), next: rest.first { !$0.isWhitespace })
            } else if first == "#" {
                rest = rest.drop { $0 != "\n" }
                if rest.isEmpty { return }
            } else if first.isNumber {
                let number = rest.prefix { $0.isNumber || $0.isLetter || $0 == "." }
                rest = rest[number.endIndex...]
                if rest.isEmpty {
                    if scan.brackets.last == .square { (kind, prefix) = (.duration, String(number)) }
                    return
                }
                (scan.last, scan.endsOperand) = (String(number), true)
            } else {
                rest.removeFirst()
                if !first.isWhitespace { scan.take(mark: first, next: rest.first) }
            }
        }
        settle(word: "", scan, after)
    }

    private mutating func settle(within quote: Character, _ text: String, _ scan: Scan) {
        guard case .braces(let metric) = scan.brackets.last, let label = scan.label, scan.operation != nil else {
            return
        }
        kind = .labelValue(label, scan.conditions(metric), quote: quote)
        prefix = text
    }

    private mutating func settle(word: String, _ scan: Scan, _ after: String) {
        prefix = word
        switch scan.brackets.last {
        case .braces(let metric):
            if let label = scan.label {
                if scan.operation != nil, word.isEmpty {
                    kind = .labelValue(label, scan.conditions(metric), quote: nil)
                }
            } else if scan.last == "{" || scan.last == "," {
                kind = .labelName(scan.conditions(metric))
            }
        case .labels:
            let metrics = scan.metrics + CompletionPlace.metrics(in: after)
            let names = Set(metrics).sorted().map(\.escapedForExpression)
            kind = .labelName(
                names.isEmpty ? [] : [LabelMatcher(Labels.metricName, .matches, names.joined(separator: "|"))])
        case .square: kind = .duration
        case .call, nil: kind = scan.endsOperand ? .modifier : .operand
        }
    }

    /// The metrics that a text names, which may be the end of an expression.
    private static func metrics(in text: String) -> [String] {
        var scan = Scan()
        // The cursor is in the labels that are grouped by.
        scan.brackets = [.labels]
        var rest = Substring(text)
        while let first = rest.first {
            if first == "\"" || first == "'" || first == "`" {
                rest.removeFirst()
                guard quoted(&rest, first) != nil else { break }
            } else if isWordStart(first) {
                let word = rest.prefix(while: isWordPart)
                rest = rest[word.endIndex...]
                scan.take(word: String(word), next: rest.first { !$0.isWhitespace })
            } else {
                rest.removeFirst()
                if !first.isWhitespace { scan.take(mark: first, next: rest.first) }
            }
        }
        return scan.metrics
    }

    private static func isWordStart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character == "_" || character == ":")
    }

    private static func isWordPart(_ character: Character) -> Bool { isWordStart(character) || character.isNumber }

    /// What stands in quotes that were opened; `nil` when they are not closed.
    private static func quoted(_ rest: inout Substring, _ quote: Character) -> String? {
        var text = ""
        var ahead = rest
        while let character = ahead.popFirst() {
            if character == quote {
                rest = ahead
                return text
            }
            if character == "\\", quote != "`", let escaped = ahead.popFirst() {
                text.append(escaped == "n" ? "\n" : escaped)
            } else {
                text.append(character)
            }
        }
        return nil
    }

    fileprivate static func isMetric(_ word: String) -> Bool {
        !words.contains(word.lowercased()) && Aggregator(rawValue: word.lowercased()) == nil
    }
}

extension CompletionPlace.Scan {
    /// Conditions that series in these braces must meet.
    func conditions(_ metric: String?) -> [LabelMatcher] {
        (metric.map { [LabelMatcher(Labels.metricName, .equal, $0)] } ?? []) + matchers
    }

    mutating func take(text: String) {
        if case .braces = brackets.last {
            if let label, let operation {
                matchers.append(LabelMatcher(label, operation, text))
                (self.label, self.operation) = (nil, nil)
            } else {
                label = text
            }
        }
        (last, endsOperand) = ("\"", true)
    }

    mutating func take(word: String, next: Character?) {
        defer { last = word }
        switch brackets.last {
        case .braces:
            label = word
            return
        case .labels, .square: return
        case .call, nil: break
        }
        let isCalled = next == "("
        guard CompletionPlace.isMetric(word) else {
            // After `by` and `and` something must come; `inf` is a number.
            endsOperand = ["inf", "nan"].contains(word.lowercased())
            return
        }
        if !isCalled {
            metrics.append(word)
            endsOperand = true
        }
    }

    mutating func take(mark: Character, next: Character?) {
        switch mark {
        case "(":
            brackets.append(CompletionPlace.groupers.contains(last.lowercased()) ? .labels : .call)
            endsOperand = false
        case "{":
            brackets.append(.braces(metric: endsOperand ? last : nil))
            (label, operation, matchers) = (nil, nil, [])
        case "[": brackets.append(.square)
        case ")", "}", "]":
            if !brackets.isEmpty { brackets.removeLast() }
            endsOperand = true
        case ",":
            (label, operation) = (nil, nil)
            endsOperand = false
        default: takeOperator(mark, next: next)
        }
        last = String(mark)
    }

    private mutating func takeOperator(_ mark: Character, next: Character?) {
        guard case .braces = brackets.last else {
            if brackets.last != .square { endsOperand = false }
            return
        }
        switch (mark, next) {
        case ("=", "~"), ("=", "="): operation = .equal
        case ("=", _) where operation == .notEqual: break
        case ("=", _): operation = .equal
        case ("!", "="): operation = .notEqual
        case ("!", "~"): operation = .doesNotMatch
        case ("~", _): operation = operation == .doesNotMatch ? .doesNotMatch : .matches
        default: break
        }
    }
}

extension String {
    /// As a part of a regular expression that means just this.
    fileprivate var escapedForExpression: String {
        reduce(into: "") { text, character in
            if !character.isLetter, !character.isNumber, character != "_", character != ":" { text += "\\" }
            text.append(character)
        }
    }
}
