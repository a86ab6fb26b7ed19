import PromQL
import Series
import Values

extension TickScene {
    /// Bad events among all, host by host.
    func events(bad: String, total: String, data: any Queryable) throws(DataProblem) -> [HostEvents] {
        try events(bad: try matchers(bad), total: try matchers(total), named: total, data: data)
    }

    func events(
        bad: [LabelMatcher], total: [LabelMatcher], named name: String, data: any Queryable
    ) throws(DataProblem) -> [HostEvents] {
        let all = try increases(total, "total", data)
        let failed = try increases(bad, "bad", data)
        try demand(all, name)
        var rows: [HostEvents] = []
        var sums: [Cohort: (bad: Double, total: Double)] = [:]
        for host in sources(all.keys) {
            let key = HostVersion(host: host.name, version: host.version)
            guard let count = all[key], count.samples > 0 else { continue }
            let bad = failed[key]?.value ?? 0
            sums[host.place.cohort, default: (0, 0)].bad += bad
            sums[host.place.cohort, default: (0, 0)].total += count.value
            rows.append(HostEvents(host.place, bad: min(bad, count.value), total: count.value))
        }
        for (cohort, sum) in sums.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            // A scrape is not one moment: a request may be counted in one series and not yet in the other.
            guard sum.bad > sum.total * 1.01 + Double(rows.count) else { continue }
            throw DataProblem(
                reason: "\(cohort.rawValue): more bad events (\(countText(sum.bad))) than events "
                    + "(\(countText(sum.total))); 'bad' must be a part of 'total'")
        }
        return rows
    }

    /// Events of each host, and how many seconds, or other events, they came in.
    func rates(events: String, per: String?, data: any Queryable) throws(DataProblem) -> [HostEvents] {
        let counted = try increases(try matchers(events), "events", data)
        guard variants == nil || per != nil else {
            throw DataProblem(reason: "a flag has no hosts whose events could be counted by the second: name 'per'")
        }
        guard let per else {
            if counted.isEmpty { throw DataProblem(reason: "no host shows \(events)") }
            return hosts.compactMap { host in
                let key = HostVersion(host: host.name, version: host.version)
                let watched = scrapes.watched(key, after: after, through: through, interval: interval)
                guard watched > .zero else { return nil }
                return HostEvents(host.place, bad: counted[key]?.value ?? 0, total: watched.seconds)
            }
        }
        let exposures = try increases(try matchers(per), "per", data)
        try demand(exposures, per)
        return sources(exposures.keys).compactMap { host in
            let key = HostVersion(host: host.name, version: host.version)
            guard let exposure = exposures[key], exposure.samples > 0 else { return nil }
            return HostEvents(host.place, bad: counted[key]?.value ?? 0, total: exposure.value)
        }
    }

    /// - Throws: when no host of a cohort has the counter.
    private func demand(_ found: [HostVersion: CounterIncrease], _ name: String) throws(DataProblem) {
        try demandTraffic(Set(found.filter { $0.value.samples > 0 }.map(\.key.version)), name)
        for cohort in [Cohort.canary, .baseline] {
            guard expects(cohort),
                !hosts(cohort).contains(where: { found[HostVersion(host: $0.name, version: $0.version)] != nil })
            else { continue }
            throw DataProblem(reason: "no \(cohort.rawValue) host shows \(name)")
        }
    }

    /// - Throws: when a variant of a flag has shown nothing.
    func demandTraffic(_ seen: Set<String>, _ name: String) throws(DataProblem) {
        guard let variants else { return }
        for variant in [variants.canary, variants.baseline] where !seen.contains(variant) {
            // Everybody has the variant by then.
            if variant == variants.baseline, !variants.isConcurrent { continue }
            throw DataProblem(
                reason: "no traffic: nobody has measured \(name) for '\(variant)' lately; run the code behind the flag "
                    + "in the SDK's measure, or name checks over metrics with its variant as a label")
        }
    }

    func matchers(_ selector: String) throws(DataProblem) -> [LabelMatcher] {
        do throws(PromQLError) {
            return try parseSelector(selector)
        } catch {
            throw DataProblem(reason: "the selector '\(selector)' is not valid: \(error)")
        }
    }

    /// How far the counters of each host rose.
    private func increases(
        _ matchers: [LabelMatcher], _ role: String, _ data: any Queryable
    ) throws(DataProblem) -> [HostVersion: CounterIncrease] {
        var rises: [HostVersion: CounterIncrease] = [:]
        var broken: [String: [String]] = [:]
        let versions = Set(hosts.map(\.version))
        for selection in selections(matchers) {
            let found = try DataProblem.naming { () throws(QueryError) in
                try data.increases(
                    selection.matchers, by: [selection.source, "version"], after: after, through: through,
                    reachingBack: reach)
            }
            for group in found {
                guard let host = group.labels[selection.source],
                    let version = selection.variant ?? group.labels["version"],
                    selection.variant != nil || versions.contains(version)
                else { continue }
                rises[HostVersion(host: host, version: version), default: CounterIncrease()] += group.increase
                if let flaw = group.increase.flaw { broken[flaw, default: []].append(host) }
            }
        }
        if let (flaw, hosts) = broken.min(by: { $0.key < $1.key }) {
            throw DataProblem(reason: "the '\(role)' counter of \(hostsText(hosts)) \(flaw)")
        }
        return rises
    }
}

extension CounterIncrease {
    /// Why it is no counter, after the name of its host.
    var flaw: String? {
        if hasNaN { return "is not a number" }
        if hasNegative { return "is negative" }
        return falls > 0 ? "fell although its process did not start again" : nil
    }
}
