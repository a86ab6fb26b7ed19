import Series
import Values

/// When which hosts were scraped, by the `up` series that each scrape leaves behind.
struct Scrapes {
    struct Host {
        /// Of every scrape in the stretch, rising, in milliseconds since the epoch.
        fileprivate(set) var times: [Int64] = []
        /// When the instance that came last was scraped first.
        fileprivate(set) var newestSince = Int64.min
        fileprivate(set) var newestAt = Int64.min
        /// Whether the newest scrape succeeded.
        fileprivate(set) var isUp = true
        fileprivate var instances: [String: (first: Int64, last: Int64, value: Double)] = [:]
    }

    private(set) var hosts: [HostVersion: Host] = [:]
    /// What was scraped before is not known.
    private(set) var knownFrom: Timestamp = .epoch

    init() {}

    init(
        service: String, after: Timestamp, through: Timestamp, data: any Queryable
    ) throws(DataProblem) {
        knownFrom = after
        let matchers = [LabelMatcher("__name__", .equal, "up"), LabelMatcher("service", .equal, service)]
        let request = SelectRequest(
            matchers: matchers, after: after.milliseconds, through: through.milliseconds)
        let found = try DataProblem.naming { () throws(QueryError) in try data.series(request) }
        var buffer = SampleBuffer()
        for index in 0..<found.count {
            buffer.removeAll()
            try DataProblem.naming { () throws(QueryError) in try found.read(index, into: &buffer) }
            let labels = found.labels(index)
            guard let host = labels["host"], let version = labels["version"] else { continue }
            hosts[HostVersion(host: host, version: version), default: Host()].take(buffer, labels["instance"] ?? "")
        }
        for key in hosts.keys { hosts[key]?.settle() }
    }

    /// The newest scrape of a host; `nil` when there is none in the stretch.
    func newest(_ host: TickHost) -> Timestamp? {
        let seen = hosts[HostVersion(host: host.name, version: host.version)]
        return seen.flatMap { $0.newestAt > .min ? Timestamp(milliseconds: $0.newestAt) : nil }
    }

    func isUp(_ host: TickHost) -> Bool {
        hosts[HostVersion(host: host.name, version: host.version)]?.isUp ?? false
    }

    /// For how long, at a time, what runs on the host has been scraped; `nil` when longer than is known.
    func age(_ host: TickHost, at time: Timestamp, interval: Period) -> Period? {
        guard let seen = hosts[HostVersion(host: host.name, version: host.version)], seen.newestAt > .min else {
            return nil
        }
        let since = Timestamp(milliseconds: seen.newestSince)
        if since - knownFrom <= interval * 2 { return nil }
        return max(.zero, time - since)
    }

    /// How long a host's counters were watched in a stretch: from the last scrape at or before it to the last within.
    func watched(_ host: HostVersion, after: Timestamp, through: Timestamp, interval: Period) -> Period {
        guard let times = hosts[host]?.times, let last = times.last(where: { $0 <= through.milliseconds }),
            last > after.milliseconds
        else { return .zero }
        if let first = times.last(where: { $0 <= after.milliseconds }) { return .milliseconds(last - first) }
        // Its first scrape shows what came in since it started, on average half an interval ago.
        guard let first = times.first(where: { $0 > after.milliseconds }) else { return .zero }
        return .milliseconds(last - first + interval.milliseconds / 2)
    }
}

extension Scrapes.Host {
    /// An instance has several series when its labels changed.
    fileprivate mutating func take(_ buffer: SampleBuffer, _ instance: String) {
        for (time, value) in zip(buffer.times, buffer.values) where value.bitPattern != Sample.staleMarker.bitPattern {
            times.append(time)
            var known = instances[instance] ?? (time, time, value)
            known.first = min(known.first, time)
            if time >= known.last { (known.last, known.value) = (time, value) }
            instances[instance] = known
        }
    }

    fileprivate mutating func settle() {
        times.sort()
        for instance in instances.values {
            if instance.last > newestAt { (newestAt, isUp) = (instance.last, instance.value == 1) }
            newestSince = max(newestSince, instance.first)
        }
        instances = [:]
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
