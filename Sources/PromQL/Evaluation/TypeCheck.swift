/// Finds operands and arguments of the wrong type before anything is evaluated.
enum TypeCheck {
    /// The type of an expression all of whose parts fit together.
    static func type(of expression: Expression) throws(PromQLError) -> ValueType {
        switch expression.form {
        case .number: return .scalar
        case .string: return .string
        case .selector: return .vector
        case .range: return .matrix
        case .subquery(let inner, _, _, _):
            let type = try type(of: inner)
            guard type == .vector || type == .scalar else {
                throw PromQLError("a subquery needs an instant vector, not a \(type.rawValue)", at: inner.place)
            }
            return .matrix
        case .parenthesised(let inner): return try type(of: inner)
        case .negated(let inner):
            let type = try type(of: inner)
            guard type == .scalar || type == .vector else {
                throw PromQLError("a \(type.rawValue) cannot be negated", at: expression.place)
            }
            return type
        case .operation(let operation): return try type(of: operation, expression.place)
        case .aggregation(let aggregation):
            try require(.vector, aggregation.operand, of: aggregation.name)
            if let parameter = aggregation.parameter {
                try require(Aggregator.table[aggregation.name]?.parameter ?? .scalar, parameter, of: aggregation.name)
            }
            return .vector
        case .call(let name, let arguments): return try type(of: name, arguments, expression.place)
        }
    }

    private static func require(
        _ wanted: ValueType, _ argument: Expression, of name: String
    ) throws(PromQLError) {
        let found = try type(of: argument)
        if found != wanted {
            throw PromQLError("'\(name)' takes \(wanted.described) here, not \(found.described)", at: argument.place)
        }
    }

    private static func type(
        of operation: Operation, _ place: PromQLError.Place
    ) throws(PromQLError) -> ValueType {
        let (left, right) = (try type(of: operation.left), try type(of: operation.right))
        for (type, operand) in [(left, operation.left), (right, operation.right)] {
            guard type == .scalar || type == .vector else {
                throw PromQLError(
                    "the operator '\(operation.symbol.rawValue)' does not take \(type.described)", at: operand.place)
            }
        }
        let name = operation.symbol.rawValue
        if left == .scalar, right == .scalar, operation.symbol.isComparison, !operation.returnsBool {
            throw PromQLError("a comparison of two numbers needs 'bool': \(name) bool", at: place)
        }
        if left == .vector, right == .vector { return .vector }
        if operation.symbol.isSet {
            throw PromQLError("'\(name)' works on two instant vectors only", at: place)
        }
        if operation.matching != VectorMatching() {
            throw PromQLError("on, ignoring and group work on two instant vectors only", at: place)
        }
        return left == .scalar && right == .scalar ? .scalar : .vector
    }

    private static func type(
        of name: String, _ arguments: [Expression], _ place: PromQLError.Place
    ) throws(PromQLError) -> ValueType {
        guard let function = Function.table[name] else { throw PromQLError("unknown function '\(name)'", at: place) }
        let (least, most) = (function.parameters.count - function.optional, function.parameters.count)
        guard (least...most).contains(arguments.count) else {
            let wanted = least == most ? "\(least)" : "\(least) to \(most)"
            throw PromQLError(
                "'\(name)' takes \(wanted) argument\(most == 1 ? "" : "s"), found \(arguments.count): \(function.usage)",
                at: place)
        }
        for (argument, parameter) in zip(arguments, function.parameters) {
            try require(parameter, argument, of: name)
        }
        return function.result
    }
}

extension ValueType {
    var described: String { (self == .vector ? "an " : "a ") + rawValue }
}
