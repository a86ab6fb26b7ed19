import PromQL
import Series
import Values

/// Counts a cohort's events exactly, from the counters of its hosts.
struct CohortCounter {
    let comparison: Comparison
    let data: any Queryable
    let bad: [LabelMatcher]
    let total: [LabelMatcher]

    struct Count {
        var events: CohortCount
        /// False when no series matches at all.
        var hasSeries: Bool
    }

    /// - Throws: when a counter is not one: NaN, negative, falling, or more bad events than events.
    func count(_ cohort: String, version: String, since: Timestamp) throws(DataProblem) -> Count {
        let total = try sum(self.total, "total", cohort, version, since)
        let bad = try sum(self.bad, "bad", cohort, version, since)
        // A scrape is not one moment: a request may be counted in one series and not yet in the other.
        if bad.value > total.value * 1.01 + 1 {
            throw DataProblem(
                reason: "\(cohort): more bad events (\(countText(bad.value))) than events "
                    + "(\(countText(total.value))); 'bad' must be a part of 'total'")
        }
        return Count(
            events: CohortCount(bad: min(bad.value, total.value), total: total.value, hosts: total.hosts.count),
            hasSeries: total.hasSeries)
    }

    private struct Sum {
        var value = 0.0
        var hosts = Set<String>()
        var hasSeries = false
    }

    private func sum(
        _ matchers: [LabelMatcher], _ role: String, _ cohort: String, _ version: String, _ since: Timestamp
    ) throws(DataProblem) -> Sum {
        let scoped =
            matchers + [
                LabelMatcher("service", .equal, comparison.service), LabelMatcher("version", .equal, version),
            ]
        // Reaches back, so that the increase starts from what was counted before.
        let reach = comparison.staleAfter + comparison.staleAfter
        let found = try DataProblem.naming { () throws(QueryError) in
            try data.increases(
                scoped, by: ["host"], after: since, through: comparison.now, reachingBack: reach)
        }
        var sum = Sum()
        var broken: [String: [String]] = [:]
        for group in found {
            let host = group.labels["host"] ?? "an unnamed host"
            let rise = group.increase
            if rise.hasNaN { broken["is not a number", default: []].append(host) }
            if rise.hasNegative { broken["is negative", default: []].append(host) }
            if rise.resets > 0 { broken["fell although its process did not start again", default: []].append(host) }
            sum.value += rise.value
            sum.hasSeries = true
            if rise.samples > 0 { sum.hosts.insert(host) }
        }
        if let (flaw, hosts) = broken.min(by: { $0.key < $1.key }) {
            throw DataProblem(reason: "the '\(role)' counter of \(cohort) \(hostsText(hosts)) \(flaw)")
        }
        return sum
    }
}
