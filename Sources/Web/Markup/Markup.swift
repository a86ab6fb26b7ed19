/// A piece of a page. Text is text by type: it is escaped when the page is written, and there is no way to pass it unescaped.
public enum Markup: Hashable, Sendable {
    case text(String)
    case element(name: String, attributes: [Attribute], children: [Markup])
    case group([Markup])

    /// The HTML, with every text and attribute value escaped.
    public var html: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .text(let text):
            output.appendEscaped(text, quotes: false)
        case .group(let children):
            for child in children { child.write(to: &output) }
        case .element(let name, let attributes, let children):
            output += "<\(name)"
            for attribute in attributes { attribute.write(to: &output) }
            output += ">"
            if Markup.voidElements.contains(name) { return }
            for child in children { child.write(to: &output) }
            output += "</\(name)>"
        }
    }

    private static let voidElements: Set<String> = ["br", "hr", "input", "link", "meta", "wbr"]
}

/// An attribute of an element. Names are literals of the program; values are escaped.
public struct Attribute: Hashable, Sendable {
    var name: String
    /// `nil` writes the name alone.
    var value: String?

    init(_ name: StaticString, _ value: String?) {
        self.name = name.description
        self.value = value
    }

    static func named(_ name: StaticString, _ value: String) -> Attribute { Attribute(name, value) }
    static func named(_ name: StaticString, _ value: some BinaryInteger) -> Attribute { Attribute(name, "\(value)") }
    static func flag(_ name: StaticString) -> Attribute { Attribute(name, nil) }
    static func `class`(_ names: String...) -> Attribute {
        Attribute("class", names.filter { !$0.isEmpty }.joined(separator: " "))
    }
    static func id(_ value: String) -> Attribute { Attribute("id", value) }
    static func href(_ link: Link) -> Attribute { Attribute("href", link.text) }

    fileprivate func write(to output: inout String) {
        output += " \(name)"
        guard let value else { return }
        output += "=\""
        output.appendEscaped(value, quotes: true)
        output += "\""
    }
}

extension String {
    fileprivate mutating func appendEscaped(_ text: String, quotes: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": self += "&amp;"
            case "<": self += "&lt;"
            case ">": self += "&gt;"
            case "\"" where quotes: self += "&quot;"
            case "'" where quotes: self += "&#39;"
            // HTML has no way to write the other control characters; a browser would show a replacement too.
            case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}": self += "\u{FFFD}"
            default: unicodeScalars.append(scalar)
            }
        }
    }
}

/// An element with its content.
func tag(
    _ name: StaticString, _ attributes: Attribute..., @MarkupBuilder content: () -> [Markup] = { [] }
) -> Markup {
    .element(name: name.description, attributes: attributes, children: content())
}

/// An element with attributes that were gathered before.
func tag(
    _ name: StaticString, with attributes: [Attribute], @MarkupBuilder content: () -> [Markup] = { [] }
) -> Markup {
    .element(name: name.description, attributes: attributes, children: content())
}

/// Gathers texts and elements.
@resultBuilder
enum MarkupBuilder {
    static func buildExpression(_ text: String) -> [Markup] { [.text(text)] }
    static func buildExpression(_ markup: Markup) -> [Markup] { [markup] }
    static func buildExpression(_ markup: Markup?) -> [Markup] { markup.map { [$0] } ?? [] }
    static func buildExpression(_ markup: [Markup]) -> [Markup] { markup }
    static func buildBlock(_ parts: [Markup]...) -> [Markup] { parts.flatMap { $0 } }
    static func buildOptional(_ part: [Markup]?) -> [Markup] { part ?? [] }
    static func buildEither(first: [Markup]) -> [Markup] { first }
    static func buildEither(second: [Markup]) -> [Markup] { second }
    static func buildArray(_ parts: [[Markup]]) -> [Markup] { parts.flatMap { $0 } }
}

/// Pieces in a row, for functions that answer several.
func group(@MarkupBuilder _ content: () -> [Markup]) -> Markup { .group(content()) }
