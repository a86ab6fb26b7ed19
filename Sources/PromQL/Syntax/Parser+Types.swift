import Series

/// What fits together, checked as soon as both parts are known.
extension Parser {
    func expect(_ expression: Expression, _ wanted: ValueType, _ context: String) throws(PromQLError) {
        guard expression.type != wanted else { return }
        throw error(
            "expected type \(wanted.described) in \(context), got \(expression.type.described)",
            at: expression.range.start)
    }

    func check(
        _ operation: inout Operation, _ range: SourceRange, _ operatorRange: SourceRange
    ) throws(PromQLError) {
        let (left, right) = (operation.left.type, operation.right.type)
        let matching = operation.matching ?? VectorMatching()
        if operation.returnsBool, !operation.symbol.isComparison {
            throw error("bool modifier can only be used on comparison operators", at: operatorRange.start)
        }
        if operation.symbol.isComparison, !operation.returnsBool, left == .scalar, right == .scalar {
            throw error("comparisons between scalars must use BOOL modifier", at: operatorRange.start)
        }
        if matching.isOn, let both = matching.labels.first(where: matching.included.contains) {
            throw error("label \(quoted(both)) must not occur in ON and GROUP clause at once", at: operatorRange.start)
        }
        for side in [operation.left, operation.right] where side.type != .scalar && side.type != .vector {
            throw error(
                "binary expression must contain only scalar and instant vector types", at: side.range.start)
        }
        let hasFill = matching.fillLeft != nil || matching.fillRight != nil
        guard left == .vector, right == .vector else {
            if operation.symbol.isSet {
                throw error(
                    "set operator \(quoted(operation.symbol.rawValue)) not allowed in binary scalar expression",
                    at: range.start)
            }
            if !matching.labels.isEmpty {
                throw error("vector matching only allowed between instant vectors", at: range.start)
            }
            if hasFill {
                throw error("filling in missing series only allowed between instant vectors", at: range.start)
            }
            operation.matching = nil
            return
        }
        guard operation.symbol.isSet else { return }
        if matching.cardinality != .oneToOne {
            throw error(
                "no grouping allowed for \(quoted(operation.symbol.rawValue)) operation", at: range.start)
        }
        if hasFill { throw error("filling in missing series not allowed for set operators", at: range.start) }
        operation.matching?.cardinality = .manyToMany
    }

    func check(_ call: Call, _ range: SourceRange) throws(PromQLError) {
        let function = call.function
        let given = call.arguments.count
        if function.variadic == 0, given != function.arguments.count {
            throw error(
                "expected \(function.arguments.count) argument(s) in call to \(quoted(function.name)), got \(given)",
                at: range.start)
        }
        if function.variadic != 0 {
            let least = function.arguments.count - 1
            if given < least {
                throw error(
                    "expected at least \(least) argument(s) in call to \(quoted(function.name)), got \(given)",
                    at: range.start)
            }
            if function.variadic > 0, given > least + function.variadic {
                throw error(
                    "expected at most \(least + function.variadic) argument(s) in call to \(quoted(function.name)), got \(given)",
                    at: range.start)
            }
        }
        for (index, argument) in call.arguments.enumerated() {
            let wanted = function.arguments[min(index, function.arguments.count - 1)]
            if function.name == "info", index == 1 {
                try checkLabelSelector(argument)
                continue
            }
            try expect(argument, wanted, "call to function \(quoted(function.name))")
        }
    }

    private func checkLabelSelector(_ argument: Expression) throws(PromQLError) {
        guard case .selector(let selector) = argument.form else {
            throw error("expected label selectors only", at: argument.range.start)
        }
        guard selector.name == nil else {
            throw error("expected label selectors only, got vector selector instead", at: argument.range.start)
        }
    }
}
