/// A word of an expression with its place.
struct Token: Hashable {
    enum Kind: Hashable {
        /// A metric, label or function name, or a keyword; which of them, the parser knows.
        case identifier(String)
        case number(Double)
        /// In milliseconds.
        case duration(Int64)
        case string(String)
        /// An operator, bracket or comma.
        case symbol(String)
        case end
    }

    var kind: Kind
    var place: PromQLError.Place
    /// As it was written.
    var text: String

    /// For messages.
    var description: String { kind == .end ? "the end" : "'\(text)'" }
}
