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
        let request = SelectRequest(
            matchers: matchers, after: since.milliseconds, through: comparison.now.milliseconds)
        let found = try DataProblem.naming { () throws(QueryError) in try data.series(request) }
        var latest: [String: Sample] = [:]
        var buffer = SampleBuffer()
        for index in 0..<found.count {
            buffer.removeAll()
            try DataProblem.naming { () throws(QueryError) in try found.read(index, into: &buffer) }
            guard let host = found.labels(index)["host"], let last = buffer.lastValue else { continue }
            if last.at > latest[host]?.at ?? last.at - .milliseconds(1) { latest[host] = last }
        }
        return latest
    }
}

extension SampleBuffer {
    /// The newest sample that is no stale marker.
    fileprivate var lastValue: Sample? {
        let place = values.lastIndex { $0.bitPattern != Sample.staleMarker.bitPattern }
        return place.map { Sample(at: Timestamp(milliseconds: times[$0]), value: values[$0]) }
    }
}

extension DataProblem {
    /// Reads data; an error becomes one in words.
    static func naming<Found>(_ read: () throws(QueryError) -> Found) throws(DataProblem) -> Found {
        do throws(QueryError) {
            return try read()
        } catch {
            switch error {
            case .tooManySeries(let limit):
                throw DataProblem(
                    reason:
                        "the check touches more than \(limit) series: name labels that fewer have, or count what a rule records"
                )
            case .tooManySamples(let limit):
                throw DataProblem(reason: "the check touches more than \(limit) samples: shorten its window")
            case .unavailable(let reason): throw DataProblem(reason: "the metrics cannot be read: \(reason)")
            case .cancelled, .timedOut, .tooMuchMemory:
                throw DataProblem(reason: "the metrics were not read to the end")
            case .invalidMatcher(let reason): throw DataProblem(reason: "the selector is not valid: \(reason)")
            }
        }
    }
}
