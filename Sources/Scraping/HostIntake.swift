public import MetricsFormats
public import Values
public import Wire

/// What is remembered of one host's scrapes, so that the next ones become the right samples.
///
/// A value: it is given bodies and time, and gives batches to whoever keeps samples. When that one refuses, nothing has changed,
/// and the body may be delivered again.
public struct HostIntake: Sendable {
    struct Key: Hashable {
        var service: String
        var version: String
        var instance: String
    }

    /// More instances at once are refused, and those that were not heard of for so long are forgotten.
    static let mostSources = 512
    public static let forgetAfter = Period.minutes(10)

    private var sources: [Key: SourceState] = [:]
    private var clock = ClockOffset()
    private var tidiedAt: Timestamp?
    public private(set) var heardAt: Timestamp?
    /// What the host's agent scrapes beside instances of services; empty before it said so.
    public private(set) var listing = TargetListing(at: .epoch)

    public init() {}

    /// Whoever keeps samples, as an intake sees it.
    public struct Surroundings<Failure: Error> {
        /// Reads the head of a scrape; `nil` when it is not one.
        var readHead: ([UInt8]) -> ScrapeHead?
        /// Reads a list of targets; `nil` when it is not one.
        var readListing: ([UInt8]) -> TargetListing?
        /// What the samples of a scrape are given.
        var target: (ScrapeHead) -> ScrapeTarget
        /// What is stored of an instance that is not known yet; `nil` for nothing.
        var recall: (ScrapeHead) -> RecalledSource?
        var take: (IngestBatch) throws(Failure) -> IngestReport

        public init(
            readHead: @escaping ([UInt8]) -> ScrapeHead?,
            readListing: @escaping ([UInt8]) -> TargetListing? = { _ in nil },
            target: @escaping (ScrapeHead) -> ScrapeTarget,
            recall: @escaping (ScrapeHead) -> RecalledSource?,
            take: @escaping (IngestBatch) throws(Failure) -> IngestReport
        ) {
            (self.readHead, self.readListing, self.target) = (readHead, readListing, target)
            (self.recall, self.take) = (recall, take)
        }
    }

    /// Takes the body of `POST /v1/agent/samples`: blocks of a `ScrapeHead` and its text. Bad blocks do not keep good ones out.
    ///
    /// - Throws: what `take` throws; the blocks up to there are kept, and delivering them again does no harm.
    public mutating func take<Failure: Error>(
        body: [UInt8], receivedAt now: Timestamp, _ surroundings: Surroundings<Failure>
    ) throws(Failure) -> ScrapeOutcome {
        var outcome = ScrapeOutcome()
        let blocks = ScrapeBlock.split(body, readHead: surroundings.readHead, outcome: &outcome)
        // Without a word of the agent: its newest scrape has just been made, so that its time is the agent's present.
        if let sentAt = ScrapeBlock.sentAt(body) {
            clock.note(sentAt: sentAt, receivedAt: now)
        } else if let newest = blocks.map(\.head.at).max() {
            clock.note(sentAt: newest, receivedAt: now, isSending: false)
        }
        heardAt = now
        tidy(now)
        for block in blocks {
            let head = block.head
            let key = Key(service: head.service, version: head.version, instance: head.instance)
            let target = surroundings.target(head)
            // Taken out while it changes, so that nothing of it is copied.
            let known = sources.removeValue(forKey: key)
            guard known != nil || sources.count < HostIntake.mostSources else {
                outcome.note("there are more than \(HostIntake.mostSources) instances: \(head.instance) is left out")
                continue
            }
            var turn = ScrapeTurn(
                state: known
                    ?? SourceState(
                        target, startedAt: head.target == nil ? clock.corrected(head.startedAt) : 0,
                        surroundings.recall(head)),
                target: target, at: clock.corrected(head.at))
            turn.take(head, Array(body[block.text]))
            do throws(Failure) {
                for batch in turn.batches { outcome.add(try surroundings.take(batch)) }
            } catch {
                sources[key] = known
                throw error
            }
            turn.state.heardAt = now
            if let failure = turn.refusal {
                let name = head.service.isEmpty ? "a target" : head.service
                outcome.fail("\(name) (\(head.instance)): \(failure)")
            }
            turn.state.isTarget = head.target != nil
            if !turn.isOver { sources[key] = turn.state }
        }
        if let told = ScrapeBlock.listing(body) {
            if let read = surroundings.readListing(told)?.bounded {
                listing = read.listing
                for problem in read.problems { outcome.note(problem) }
                try endTargets(surroundings, &outcome)
            } else {
                outcome.note("the list of targets is not valid")
            }
        }
        return outcome
    }

    /// Ends the targets that the agent does not list any more.
    private mutating func endTargets<Failure: Error>(
        _ surroundings: Surroundings<Failure>, _ outcome: inout ScrapeOutcome
    ) throws(Failure) {
        let listed = Set(listing.targets.map(\.id))
        for (key, state) in sources where state.isTarget && !listed.contains(key.instance) {
            let at = max(clock.corrected(listing.at), (state.newest ?? .min) + 1)
            var turn = ScrapeTurn(state: state, target: state.target, at: at)
            turn.end(at: at)
            for batch in turn.batches { outcome.add(try surroundings.take(batch)) }
            sources[key] = nil
        }
    }

    private mutating func tidy(_ now: Timestamp) {
        if let tidiedAt, now >= tidiedAt, now - tidiedAt < .minutes(1) { return }
        tidiedAt = now
        sources = sources.filter { now - $0.value.heardAt < HostIntake.forgetAfter }
    }

    /// The instances that are scraped, in no particular order.
    public var scrapes: [ScrapeStatus] {
        sources.map { key, state in
            ScrapeStatus(
                service: key.service, version: key.version, instance: key.instance, labels: state.target.labels,
                at: state.newest.map(Timestamp.init(milliseconds:)), duration: state.duration, failure: state.failure,
                series: state.hashes.count, isTarget: state.isTarget)
        }
    }
}

/// How the last scrape of an instance went.
public struct ScrapeStatus: Sendable {
    public var service: String
    public var version: String
    public var instance: String
    /// What its series are given.
    public var labels: [(name: String, value: String)]
    /// `nil` before the first.
    public var at: Timestamp?
    /// In seconds.
    public var duration: Double
    /// Why it failed; `nil` when it did not.
    public var failure: String?
    public var series: Int
    /// It is one of the host's `TargetListing`, rather than an instance of a service.
    public var isTarget = false
}

extension ScrapeOutcome {
    mutating func add(_ report: IngestReport) {
        repeated += report.duplicates + report.conflicts
        refused += report.refused - report.conflicts
        refusals.append(contentsOf: report.problems.prefix(max(0, 10 - refusals.count)))
    }
}
