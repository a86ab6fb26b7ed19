import PromQL
import Series
import Specs
import Values

/// A comparison that must hold for every element of its left side; the selectors count as they are written.
func judgeGuardrail(
    _ name: String, _ expression: String, at now: Timestamp, data: any Queryable
) throws(DataProblem) -> Reading {
    let operation: PromQL.Operation
    var results: Value
    let left: Value
    let right: Value
    do throws(PromQLError) {
        operation = try parseComparison(expression)
        left = try evaluate(operation.left, at: now, data: data)
        right = try evaluate(operation.right, at: now, data: data)
        results = try evaluate(operation.returningBool, at: now, data: data)
    } catch {
        throw DataProblem(reason: "'\(expression)' cannot be evaluated: \(error)")
    }
    if case .scalar(let number) = results { results = .vector([Element(labels: [:], value: number)]) }
    guard case .vector(let held) = results, !held.isEmpty else {
        throw DataProblem(reason: "no data: '\(expression)' finds nothing to compare")
    }
    let values = left.numbers + right.numbers
    if values.contains(where: \.isNaN) {
        throw DataProblem(reason: "'\(expression)' gives NaN")
    }
    let holds = held.allSatisfy { $0.value == 1 }
    let limit = right.numbers.count == 1 ? right.numbers.first : nil
    let worst = operation.symbol.worst(left.numbers)
    var reason = "\(worst.map(numberText) ?? "?") \(operation.symbol.rawValue) \(limit.map(numberText) ?? "its bound")"
    reason += holds ? " holds" : " does not hold"
    if held.count > 1 {
        reason +=
            holds ? " (all \(held.count) series)" : " (\(held.filter { $0.value != 1 }.count) of \(held.count) series)"
    }
    return Reading(
        check: name, verdict: holds ? .pass : .fail, reason: "\(expression): \(reason)", limit: limit, value: worst)
}

extension PromQL.Operation {
    fileprivate var returningBool: Expression {
        var changed = self
        changed.returnsBool = true
        return Expression(form: .operation(changed), place: left.place)
    }
}

extension Value {
    fileprivate var numbers: [Double] {
        switch self {
        case .scalar(let number): return [number]
        case .vector(let elements): return elements.map(\.value)
        case .string, .matrix: return []
        }
    }
}

extension BinaryOperator {
    /// The value that is nearest to breaking the comparison, or breaks it most.
    fileprivate func worst(_ values: [Double]) -> Double? {
        switch self {
        case .greater, .greaterOrEqual: return values.min()
        default: return values.max()
        }
    }
}
