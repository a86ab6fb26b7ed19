import PromQL
import Series
import Specs
import Values

/// A comparison that must hold for every element of its left side; the selectors count as they are written.
func judgeGuardrail(
    _ name: String, _ expression: String, at now: Timestamp, data: any Queryable
) throws(DataProblem) -> Reading {
    let comparison: QueryComparison
    let held: [Double]
    let left: [Double]
    let right: [Double]
    do throws(PromQLError) {
        comparison = try parseComparison(expression)
        left = try comparison.left.evaluate(at: now, data: data).numbers
        right = try comparison.right.evaluate(at: now, data: data).numbers
        held = try comparison.returningBool.evaluate(at: now, data: data).numbers
    } catch {
        throw DataProblem(reason: "'\(expression)' cannot be evaluated: \(error)")
    }
    guard !held.isEmpty else {
        throw DataProblem(reason: "no data: '\(expression)' finds nothing to compare")
    }
    if (left + right).contains(where: \.isNaN) {
        throw DataProblem(reason: "'\(expression)' gives NaN")
    }
    let holds = held.allSatisfy { $0 == 1 }
    let limit = right.count == 1 ? right.first : nil
    let worst = comparison.symbol.worst(left)
    var reason = "\(worst.map(numberText) ?? "?") \(comparison.symbol.rawValue) \(limit.map(numberText) ?? "its bound")"
    reason += holds ? " holds" : " does not hold"
    if held.count > 1 {
        reason +=
            holds ? " (all \(held.count) series)" : " (\(held.filter { $0 != 1 }.count) of \(held.count) series)"
    }
    return Reading(
        check: name, verdict: holds ? .pass : .fail, reason: "\(expression): \(reason)", limit: limit, value: worst)
}

extension QueryResult {
    /// The numbers of a scalar or an instant vector.
    fileprivate var numbers: [Double] {
        switch value {
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
