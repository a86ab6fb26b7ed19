import Values

/// Looks whether every host that should show metrics does.
struct Freshness {
    let scrapes: Scrapes
    let now: Timestamp
    /// A host whose last scrape is older than this is silent.
    let staleAfter: Period

    /// - Throws: naming the hosts whose data are missing, stale, or cannot be had.
    func check(_ cohort: String, hosts: [TickHost]) throws(DataProblem) {
        var missing: [String] = []
        var stale: [(host: String, age: Period)] = []
        var failing: [String] = []
        for host in hosts {
            guard let newest = scrapes.newest(host) else {
                missing.append(host.name)
                continue
            }
            let age = now - newest
            if age > staleAfter {
                stale.append((host.name, age))
            } else if !scrapes.isUp(host) {
                failing.append(host.name)
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

    /// Up to when every one of these hosts has been scraped, but for those that are silent; now, when none is heard of.
    func watermark(_ hosts: [TickHost]) -> Timestamp {
        let newest = hosts.compactMap { scrapes.newest($0) }.filter { now - $0 <= staleAfter }.min()
        return min(now, newest ?? now)
    }
}
