import Series
import Values

/// Looks whether every host that should show metrics does, by the `up` series that each scrape leaves behind.
struct Freshness {
    let comparison: Comparison
    let data: any Queryable

    /// - Throws: naming the hosts whose data are missing, stale, or cannot be had.
    func check(_ cohort: String, version: String, hosts: [String]) throws(DataProblem) {
        let seen = try latest(version: version)
        var missing: [String] = []
        var stale: [(host: String, age: Period)] = []
        var failing: [String] = []
        for host in hosts {
            guard let sample = seen[host] else {
                missing.append(host)
                continue
            }
            let age = comparison.now - sample.at
            if age > comparison.staleAfter {
                stale.append((host, age))
            } else if sample.value != 1 {
                failing.append(host)
            }
        }
        // In a large cohort one broken exporter must not stop every rollout; a small cohort needs every host.
        guard failing.count + missing.count + stale.count > hosts.count / 10 else { return }
        if !failing.isEmpty {
            throw DataProblem(reason: "the metrics of \(cohort) \(hostsText(failing)) cannot be read: the scrape fails")
        }
        if !missing.isEmpty {
            let words = missing.count == hosts.count ? "no data yet from" : "data missing from"
            throw DataProblem(reason: "\(words) \(cohort) \(hostsText(missing))")
        }
        if let oldest = stale.map(\.age).max() {
            throw DataProblem(
                reason: "stale data from \(cohort) \(hostsText(stale.map(\.host))): nothing for \(ageText(oldest))")
        }
    }

    /// The newest scrape of each host.
    private func latest(version: String) throws(DataProblem) -> [String: Sample] {
        let matchers = [
            LabelMatcher("__name__", .equal, "up"), LabelMatcher("service", .equal, comparison.service),
            LabelMatcher("version", .equal, version),
        ]
        // Long enough to tell a host that fell silent from one that never spoke.
        let since = comparison.now - max(.minutes(10), comparison.staleAfter * 4)
        let series = try DataProblem.naming { () throws(QueryError) in
            try data.select(matchers, after: since, through: comparison.now)
        }
        var latest: [String: Sample] = [:]
        for series in series {
            guard let host = series.labels["host"], let last = series.samples.last(where: { !$0.isStaleMarker }) else {
                continue
            }
            if last.at > latest[host]?.at ?? last.at - .milliseconds(1) { latest[host] = last }
        }
        return latest
    }
}

extension DataProblem {
    /// Reads data; an error becomes one in words.
    static func naming<Found>(_ read: () throws(QueryError) -> Found) throws(DataProblem) -> Found {
        do throws(QueryError) {
            return try read()
        } catch {
            switch error {
            case .tooManySeries(let limit): throw DataProblem(reason: "the check touches more than \(limit) series")
            case .tooManySamples(let limit): throw DataProblem(reason: "the check touches more than \(limit) samples")
            case .unavailable(let reason): throw DataProblem(reason: "the metrics cannot be read: \(reason)")
            case .invalidMatcher(let reason): throw DataProblem(reason: "the selector is not valid: \(reason)")
            }
        }
    }
}
