import PromQL
import Series
import Values

/// Durations by bucket, host by host.
struct DurationRows {
    var edges: [Double]
    var rows: [HostDurations]
    /// The buckets of native histograms.
    var layout: BucketLayout?
}

extension TickScene {
    /// Reads a histogram: native where there is one, else classic.
    func durations(_ selector: String, known: BucketLayout?, data: any Queryable) throws(DataProblem) -> DurationRows {
        let matchers = try matchers(selector)
        guard let name = matchers.first(where: { $0.name == Labels.metricName && $0.operation == .equal })?.value else {
            throw DataProblem(reason: "'\(selector)' does not name a histogram")
        }
        let native = try natives(matchers, data)
        if !native.isEmpty { return try durations(native, name, known) }
        return try classic(matchers, name, data)
    }

    // MARK: Native histograms

    private func natives(
        _ matchers: [LabelMatcher], _ data: any Queryable
    ) throws(DataProblem) -> [HostVersion: HistogramIncrease] {
        let knownFrom = (after - reach).milliseconds
        var rises: [HostVersion: HistogramIncrease] = [:]
        var buffer = SampleBuffer()
        for selection in selections(matchers) {
            let request = SelectRequest(
                matchers: selection.matchers, after: knownFrom, through: through.milliseconds)
            let found = try DataProblem.naming { () throws(QueryError) in try data.series(request) }
            for index in 0..<found.count {
                buffer.removeAll()
                try DataProblem.naming { () throws(QueryError) in try found.read(index, into: &buffer) }
                let labels = found.labels(index)
                guard !buffer.histograms.isEmpty, let host = labels[selection.source],
                    let version = selection.variant ?? labels["version"]
                else { continue }
                rises[HostVersion(host: host, version: version), default: HistogramIncrease()] += HistogramIncrease(
                    of: buffer, after: after.milliseconds, through: through.milliseconds, knownFrom: knownFrom)
            }
        }
        return rises
    }

    private func durations(
        _ rises: [HostVersion: HistogramIncrease], _ name: String, _ known: BucketLayout?
    ) throws(DataProblem) -> DurationRows {
        let counted = sources(rises.keys).compactMap { host in
            rises[HostVersion(host: host.name, version: host.version)].map { (host, $0) }
        }
        try demand(Set(counted.map(\.0.place.cohort)), name)
        let mixed = counted.filter(\.1.isMixed).map(\.0.name)
        guard mixed.isEmpty else {
            throw DataProblem(reason: "the histogram \(name) of \(hostsText(mixed)) has buckets of two kinds")
        }
        if let negative = counted.first(where: { $0.1.value?.negativeBuckets.contains { $0 > 0 } ?? false }) {
            throw DataProblem(reason: "the histogram \(name) of \(negative.0.name) has negative values")
        }
        let present = counted.compactMap { host, rise in rise.value.map { (host, $0) } }
        guard !present.isEmpty else { return DurationRows(edges: known?.edges ?? [.infinity], rows: [], layout: known) }
        guard let layout = BucketLayout(holding: present.map(\.1), known: known) else {
            throw DataProblem(reason: "the buckets of \(name) differ between hosts: \(different(present))")
        }
        return DurationRows(
            edges: layout.edges,
            rows: present.map { HostDurations($0.0.place, counts: layout.counts(of: $0.1)) }, layout: layout)
    }

    private func different(_ present: [(TickHost, FloatHistogram)]) -> String {
        guard let first = present.first,
            let other = present.first(where: { $0.1.customValues != first.1.customValues })
        else { return "some are exponential" }
        return "\(first.0.name) (\(first.0.place.cohort.rawValue)) has \(first.1.customValues.count + 1), "
            + "\(other.0.name) (\(other.0.place.cohort.rawValue)) has \(other.1.customValues.count + 1)"
    }

    // MARK: Classic histograms

    private func classic(
        _ matchers: [LabelMatcher], _ name: String, _ data: any Queryable
    ) throws(DataProblem) -> DurationRows {
        let series = name.hasSuffix("_bucket") ? name : "\(name)_bucket"
        let named = matchers.map { $0.name == Labels.metricName ? LabelMatcher($0.name, .equal, series) : $0 }
        var buckets: [HostVersion: [Double: CounterIncrease]] = [:]
        for selection in selections(named) {
            let found = try DataProblem.naming { () throws(QueryError) in
                try data.increases(
                    selection.matchers, by: [selection.source, "le", "version"], after: after, through: through,
                    reachingBack: reach)
            }
            for group in found {
                guard let host = group.labels[selection.source],
                    let version = selection.variant ?? group.labels["version"],
                    let text = group.labels["le"], let edge = Double(text == "+Inf" ? "inf" : text)
                else { continue }
                if let flaw = group.increase.flaw {
                    throw DataProblem(reason: "the bucket le=\"\(text)\" of \(name) on \(host) \(flaw)")
                }
                let source = HostVersion(host: host, version: version)
                buckets[source, default: [:]][edge, default: CounterIncrease()] += group.increase
            }
        }
        return try durations(buckets, name)
    }

    private func durations(
        _ buckets: [HostVersion: [Double: CounterIncrease]], _ name: String
    ) throws(DataProblem) -> DurationRows {
        try demandTraffic(Set(buckets.keys.map(\.version)), name)
        let present = sources(buckets.keys).compactMap { host in
            buckets[HostVersion(host: host.name, version: host.version)].map { (host, $0) }
        }
        try demand(Set(present.map(\.0.place.cohort)), name)
        guard let first = present.first else { return DurationRows(edges: [.infinity], rows: []) }
        let edges = first.1.keys.sorted()
        if let other = present.first(where: { $0.1.keys.sorted() != edges }) {
            throw DataProblem(
                reason: "the buckets of \(name) differ: \(first.0.place.cohort.rawValue) \(first.0.name) has "
                    + "\(edgesText(edges)), \(other.0.place.cohort.rawValue) \(other.0.name) has "
                    + "\(edgesText(other.1.keys.sorted())); is it another unit?")
        }
        guard edges.last == .infinity else {
            throw DataProblem(reason: "the histogram \(name) has no bucket le=\"+Inf\"")
        }
        let rows = present.compactMap { host, counts -> HostDurations? in
            guard counts.values.contains(where: { $0.samples > 0 }) else { return nil }
            var below = 0.0
            return HostDurations(
                host.place,
                counts: edges.map { edge in
                    let through = counts[edge]?.value ?? 0
                    defer { below = max(below, through) }
                    return max(0, through - below)
                })
        }
        return DurationRows(edges: edges, rows: rows)
    }

    private func demand(_ cohorts: Set<Cohort>, _ name: String) throws(DataProblem) {
        for cohort in [Cohort.canary, .baseline] where expects(cohort) && !cohorts.contains(cohort) {
            throw DataProblem(reason: "no \(cohort.rawValue) host shows the histogram \(name)")
        }
    }

    private func edgesText(_ edges: [Double]) -> String {
        let finite = edges.filter(\.isFinite)
        guard let low = finite.first, let high = finite.last else { return "none" }
        return "\(finite.count) from \(numberText(low)) to \(numberText(high))"
    }
}
