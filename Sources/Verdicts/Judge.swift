import PromQL
public import Series
public import Specs
public import Values

/// What a check says of a change now.
///
/// Data that are missing, stale or broken make it undecided, never pass and never fail.
/// - Parameters:
///   - falseRollbacks: the chance that a good change may be rolled back, over the whole rollout.
///   - checks: how many checks share that chance; at least 1.
public func judge(
    _ check: CheckSpec, _ comparison: Comparison, falseRollbacks: Percentage, checks: Int, data: any Queryable
) -> Reading {
    var reading: Reading
    do throws(DataProblem) {
        switch check.kind {
        case .ratio(let bad, let total):
            let ratio = RatioCheck(
                check: check, comparison: comparison, alpha: falseRollbacks.fraction, checks: max(1, checks))
            reading = try ratio.judge(bad: bad, total: total, data: data)
        case .guardrail(let expression):
            reading = try judgeGuardrail(check.name, expression, at: comparison.now, data: data)
        }
    } catch {
        reading = Reading(check: check.name, verdict: .undecided, reason: error.reason, lacksData: true)
    }
    reading.dryRun = check.dryRun
    return reading
}

/// Why there is nothing to judge by.
struct DataProblem: Error {
    var reason: String
}
