import Logging
import Targets
import Values
import Wire

/// The targets that are scraped, and when each of them is next.
struct TargetTable {
    private struct Entry {
        var source: TargetSource
        /// As the job was written: a target of a job that has changed is scraped in another way.
        var job: ScrapeJob
        /// Why its scrapes fail before anybody is asked.
        var refusal: String?
        var next: Timestamp
    }

    /// One agent scrapes no more than this.
    static let mostTargets = 400
    private static let mostDropped = 100

    private(set) var files: ScrapeFiles
    private let host: String
    private let queue: SampleQueue
    private let logger: Logger
    private var entries: [String: Entry] = [:]
    private var dropped: [TargetListing.Dropped] = []
    private var droppedCounts: [String: Int] = [:]
    private(set) var problem: String?

    init(path: String, host: String, queue: SampleQueue, logger: Logger) {
        files = ScrapeFiles(path: path)
        (self.host, self.queue, self.logger) = (host, queue, logger)
    }

    /// When the next scrape is due; in a minute when there is nothing to scrape.
    var nextDue: Timestamp { entries.values.map(\.next).min() ?? .epoch + .hours(1_000_000) }

    /// Reads what has changed, and takes it over.
    ///
    /// - Returns: whether other targets are scraped now, or in another way.
    mutating func look(at now: Period, all: Bool, waits: Bool) -> Bool {
        let news = files.look(at: now, all: all, waits: waits)
        for warning in news.warnings { logger.warning("\(warning)") }
        problem = news.problems.isEmpty ? nil : news.problems.joined(separator: "\n")
        guard news.isChanged else { return false }
        var found = FoundTargets()
        for job in files.configuration.jobs { found.take(job, files.groups(of: job)) }
        for words in found.wrong { logger.warning("\(words)") }
        (dropped, droppedCounts) = (Array(found.dropped.prefix(TargetTable.mostDropped)), found.droppedCounts)
        take(found.active)
        logger.notice(
            "targets beside services are scraped",
            metadata: ["targets": "\(entries.count)", "dropped": "\(droppedCounts.values.reduce(0, +))"])
        return true
    }

    private mutating func take(_ active: [FoundTargets.Active]) {
        if active.count > TargetTable.mostTargets {
            logger.warning(
                "only \(TargetTable.mostTargets) of \(active.count) targets are scraped: an agent scrapes no more than that"
            )
        }
        var fresh: [String: Entry] = [:]
        let external = files.configuration.externalLabels
        let now = wallTime()
        for target in active.prefix(TargetTable.mostTargets) {
            let id = target.endpoint.id
            if var known = entries[id], known.job.source == target.job.source, known.source.endpoint == target.endpoint
            {
                known.refusal = target.refusal
                fresh[id] = known
            } else {
                let source = TargetSource(target.endpoint, of: target.job, external: external, queue: queue)
                fresh[id] = Entry(
                    source: source, job: target.job, refusal: target.refusal,
                    next: moment(target.endpoint, notBefore: now))
            }
        }
        for (id, entry) in entries where fresh[id]?.source !== entry.source { entry.source.end() }
        entries = fresh
    }

    /// The moments of a target lie on a grid of its own, which stays the same when the agent is started again.
    private func moment(_ endpoint: ScrapeEndpoint, notBefore time: Timestamp) -> Timestamp {
        let every = endpoint.interval.milliseconds
        let offset = Int64(stableHash(host, endpoint.id) % UInt64(every))
        let passed = (time.milliseconds - offset) % every
        return passed == 0 ? time : time + .milliseconds(passed < 0 ? -passed : every - passed)
    }

    /// Those whose moment has come. Moments that were missed are left out.
    mutating func due(at now: Timestamp) -> [(source: TargetSource, refusal: String?)] {
        var result: [(TargetSource, String?)] = []
        for (id, entry) in entries {
            let endpoint = entry.source.endpoint
            // A clock that was set back must not keep a target waiting.
            let isDue = entry.next <= now || entry.next > now + endpoint.interval * 2
            guard isDue else { continue }
            let next = moment(endpoint, notBefore: now + .milliseconds(1))
            entries[id]?.next = next
            result.append((entry.source, entry.refusal))
        }
        return result
    }

    func listing(at now: Timestamp) -> TargetListing {
        var listing = TargetListing(at: now)
        listing.targets = entries.values.map(\.source.endpoint).sorted { $0.id < $1.id }.map {
            TargetListing.Target(
                id: $0.id, pool: $0.pool, discovered: $0.discovered, labels: $0.labels, url: $0.url,
                interval: $0.interval, timeout: $0.timeout)
        }
        listing.dropped = dropped
        listing.droppedCounts = droppedCounts
        listing.pools = files.configuration.jobs.map(\.name)
        return listing
    }
}

/// What the groups of all jobs come to.
private struct FoundTargets {
    struct Active {
        var endpoint: ScrapeEndpoint
        var job: ScrapeJob
        var refusal: String?
    }

    var active: [Active] = []
    var dropped: [TargetListing.Dropped] = []
    var droppedCounts: [String: Int] = [:]
    var wrong: [String] = []

    mutating func take(_ job: ScrapeJob, _ groups: [TargetGroup]) {
        var endpoints: [ScrapeEndpoint] = []
        for found in job.targets(of: groups) {
            switch found {
            case .active(let endpoint): endpoints.append(endpoint)
            case .dropped(let discovered):
                droppedCounts[job.name, default: 0] += 1
                dropped.append(TargetListing.Dropped(pool: job.name, discovered: discovered))
            case .wrong(let words, let discovered):
                wrong.append(
                    "a target of the job \(job.name) is left out: \(words) (\(discovered["__address__"] ?? ""))")
            }
        }
        let refusal = job.targetLimit.flatMap { limit in
            endpoints.count > limit
                ? "the job has \(endpoints.count) targets, more than its target_limit of \(limit)" : nil
        }
        active += endpoints.map { Active(endpoint: $0, job: job, refusal: refusal) }
    }
}
