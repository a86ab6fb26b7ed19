import PromQL
import Series
import Specs
import Values

/// Bad events over all events, canary against baseline.
///
/// It fails when the canary's ratio is over the limit and neither of two chances makes that likely: that a ratio at the limit
/// gives so many bad events, and that two cohorts, whose ratios differ by no more than the tolerated factor, share out the bad
/// events so unevenly (which counts how little may be known of the baseline). The bound on both is α / (1000 · checks): a crude
/// guard for looking again and again, which leaves room for a thousand looks at each check.
struct RatioCheck {
    let check: CheckSpec
    let comparison: Comparison
    let alpha: Double
    let checks: Int

    /// A crash is told from this many events on, with this share of them bad, where the baseline has less than `healthy`.
    private static let crash = (events: 10.0, share: 0.5, healthy: 0.1)

    func judge(bad: String, total: String, data: any Queryable) throws(DataProblem) -> Reading {
        let counter = CohortCounter(
            comparison: comparison, data: data, bad: try matchers(bad), total: try matchers(total))
        guard let previous = comparison.previous else {
            return reading(.undecided, "there is no previous version to compare with")
        }
        guard !comparison.expectedCanaryHosts.isEmpty else {
            return reading(.undecided, "no host serves version \(comparison.version) yet")
        }
        let freshness = Freshness(comparison: comparison, data: data)
        try freshness.check("canary", version: comparison.version, hosts: comparison.expectedCanaryHosts)
        let canary = try counter.count("canary", version: comparison.version, since: comparison.canarySince)
        guard canary.hasSeries else {
            throw DataProblem(reason: "no canary host shows \(total)")
        }
        let isConcurrent = !comparison.expectedBaselineHosts.isEmpty
        if isConcurrent {
            try freshness.check("baseline", version: previous, hosts: comparison.expectedBaselineHosts)
        }
        let baseline = try counter.count(
            "baseline", version: previous, since: isConcurrent ? comparison.canarySince : comparison.baselineSince)
        let recorded = isConcurrent ? nil : comparison.recordedBaselines[check.name]
        if let recorded, recorded.total > baseline.events.total {
            return compare(canary.events, recorded, isConcurrent: false)
        }
        guard baseline.hasSeries else {
            throw DataProblem(reason: "there are no baseline data: no host with version \(previous) shows \(total)")
        }
        return compare(canary.events, baseline.events, isConcurrent: isConcurrent)
    }

    private func matchers(_ selector: String) throws(DataProblem) -> [LabelMatcher] {
        do throws(PromQLError) {
            return try parseSelector(selector)
        } catch {
            throw DataProblem(reason: "the selector '\(selector)' is not valid: \(error)")
        }
    }

    // MARK: - The arithmetic

    private func compare(_ canary: CohortCount, _ baseline: CohortCount, isConcurrent: Bool) -> Reading {
        let earlier = isConcurrent ? "" : " (earlier in this rollout)"
        guard let canaryRatio = canary.ratio else {
            return reading(.undecided, "no requests to the canary yet", canary, baseline)
        }
        guard let baselineRatio = baseline.ratio else {
            return reading(.undecided, "no requests to the baseline\(earlier) yet", canary, baseline)
        }
        let limit = min(1, baselineRatio * check.tolerate.relative + check.tolerate.absolute.fraction)
        let numbers =
            "canary \(percentText(canaryRatio)) of \(countText(canary.total)) bad, "
            + "baseline\(earlier) \(percentText(baselineRatio)) of \(countText(baseline.total)), "
            + "limit \(percentText(limit))"
        func made(_ verdict: Verdict, _ words: String? = nil) -> Reading {
            var reading = reading(verdict, words.map { "\(numbers): \($0)" } ?? numbers, canary, baseline)
            (reading.limit, reading.value) = (limit, canaryRatio)
            return reading
        }
        if isCrash(canary, canaryRatio, baseline, baselineRatio, limit) {
            return made(.fail, "most requests fail")
        }
        let wanted = Double(check.minimumEvents)
        if canary.total < wanted {
            return made(.undecided, "\(countText(canary.total)) of \(check.minimumEvents) canary events so far")
        }
        if baseline.total < wanted {
            return made(.undecided, "\(countText(baseline.total)) of \(check.minimumEvents) baseline events so far")
        }
        if canaryRatio <= limit { return made(.pass) }
        return isBeyondChance(canary, baseline, limit)
            ? made(.fail) : made(.undecided, "over the limit, but it may still be chance")
    }

    /// The natural logarithm of the chance that one look may be wrong with.
    private var logBound: Double { naturalLogarithm(alpha / (1000 * Double(checks))) }

    private func isCrash(
        _ canary: CohortCount, _ ratio: Double, _ baseline: CohortCount, _ baselineRatio: Double, _ limit: Double
    ) -> Bool {
        guard canary.total >= Self.crash.events, ratio >= Self.crash.share, ratio > limit,
            baseline.total >= Self.crash.events, baselineRatio < Self.crash.healthy
        else { return false }
        let tail = logUpperTail(
            successes: canary.bad.rounded(.down), trials: canary.total.rounded(),
            probability: max(limit, Self.crash.healthy))
        return tail < logBound
    }

    private func isBeyondChance(_ canary: CohortCount, _ baseline: CohortCount, _ limit: Double) -> Bool {
        let bad = canary.bad.rounded(.down)
        let atLimit = logUpperTail(successes: bad, trials: canary.total.rounded(), probability: limit)
        // Given all bad events, each is the canary's with a chance of its (tolerated) share of the traffic.
        let weight = max(1, check.tolerate.relative) * canary.total
        let shared = logUpperTail(
            successes: bad, trials: bad + baseline.bad.rounded(.up), probability: weight / (weight + baseline.total))
        return max(atLimit, shared) < logBound
    }

    private func reading(
        _ verdict: Verdict, _ reason: String, _ canary: CohortCount? = nil, _ baseline: CohortCount? = nil
    ) -> Reading {
        Reading(check: check.name, verdict: verdict, reason: reason, canary: canary, baseline: baseline)
    }
}
