extension Operator {
    /// `{"var": "user.name"}` and `{"var": ["user.name", "nobody"]}`: an attribute, or else the second argument.
    static let variable = Operator("var") { arguments, scope in
        scope.data.value(at: arguments.argument(0), or: arguments.argument(1))
    }
}

extension FlagValue {
    /// The value at a path of names and indices with dots between them. An empty path is the value itself.
    func value(at path: FlagValue, or otherwise: FlagValue) -> FlagValue {
        if path == .null || path == .string("") { return self }
        var value = self
        for name in path.text.split(separator: ".", omittingEmptySubsequences: false) {
            guard let inner = value.inner(String(name)) else { return otherwise }
            value = inner
        }
        return value == .null ? otherwise : value
    }

    /// As in JavaScript, texts and lists have a length, and their elements have numbers.
    private func inner(_ name: String) -> FlagValue? {
        switch self {
        case .object(let members): return members.first { sameText($0.name, name) }?.value
        case .list(let items):
            if name == "length" { return .integer(Int64(items.count)) }
            return FlagValue.index(name).flatMap { $0 < items.count ? items[$0] : nil }
        case .string(let text):
            if name == "length" { return .integer(Int64(text.utf16.count)) }
            guard let index = FlagValue.index(name), index < text.utf16.count else { return nil }
            let place = text.utf16.index(text.utf16.startIndex, offsetBy: index)
            return .string(String(decoding: [text.utf16[place]], as: UTF16.self))
        case .null, .bool, .integer, .number: return nil
        }
    }

    private static func index(_ name: String) -> Int? {
        guard let index = Int(name), index >= 0, "\(index)" == name else { return nil }
        return index
    }
}
