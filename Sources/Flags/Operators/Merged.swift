extension Operator {
    /// `{"merge": [[a, b], c]}`: one list of all.
    static let merged = Operator("merge") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        var merged: [FlagValue] = []
        for argument in arguments {
            guard case .list(let items) = argument else {
                merged.append(argument)
                continue
            }
            try scope.budget.take(items.count)
            merged += items
        }
        return .list(merged)
    }
}
