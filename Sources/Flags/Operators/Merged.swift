extension Operator {
    /// `{"merge": [[a, b], c]}`: one list of all.
    static let merged = Operator("merge") { arguments, _ in
        .list(
            arguments.flatMap { argument -> [FlagValue] in
                if case .list(let items) = argument { items } else { [argument] }
            })
    }
}
