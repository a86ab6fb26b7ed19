extension Operator {
    /// `{"map": [list, rule]}`: the rule's value for each item, which is `{"var": ""}` there.
    static let mapped = Operator("map") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        var values: [FlagValue] = []
        for item in try items(arguments, scope) ?? [] {
            values.append(try arguments.argument(1, in: scope.with(item)))
        }
        return .list(values)
    }
    /// `{"filter": [list, rule]}`: the items for which the rule holds.
    static let filtered = Operator("filter") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        var kept: [FlagValue] = []
        for item in try items(arguments, scope) ?? [] {
            if try arguments.argument(1, in: scope.with(item)).isTruthy { kept.append(item) }
        }
        return .list(kept)
    }
    /// `{"reduce": [list, rule, start]}`: the rule sees `current` and `accumulator`.
    static let reduced = Operator("reduce") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        var value = try arguments.argument(2, in: scope)
        for item in try items(arguments, scope) ?? [] {
            value = try arguments.argument(1, in: scope.with(["current": item, "accumulator": value]))
            // What holds itself again and again must not get deeper than the stack.
            try scope.budget.take(walkOf: value)
        }
        return value
    }
    /// `{"all": [list, rule]}`: whether the rule holds for every item; not for an empty list.
    static let every = Operator("all") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        guard let items = try items(arguments, scope), !items.isEmpty else { return false }
        for item in items where try !arguments.argument(1, in: scope.with(item)).isTruthy { return false }
        return true
    }
    /// `{"some": [list, rule]}`: whether the rule holds for an item.
    static let some = Operator("some") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        .bool(try holdsForOne(arguments, scope))
    }
    /// `{"none": [list, rule]}`: whether the rule holds for no item.
    static let none = Operator("none") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        .bool(try !holdsForOne(arguments, scope))
    }

    private static func holdsForOne(_ arguments: [Rule], _ scope: Scope) throws(FlagErrorCode) -> Bool {
        for item in try items(arguments, scope) ?? [] {
            if try arguments.argument(1, in: scope.with(item)).isTruthy { return true }
        }
        return false
    }

    private static func items(_ arguments: [Rule], _ scope: Scope) throws(FlagErrorCode) -> [FlagValue]? {
        guard case .list(let items) = try arguments.argument(0, in: scope) else { return nil }
        try scope.budget.take(items.count)
        return items
    }
}
