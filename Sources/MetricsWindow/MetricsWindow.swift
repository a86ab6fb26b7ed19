public import Series
import Synchronization
public import Values
import Wire

/// The last hour or so of all samples, in memory, behind `Queryable`.
///
/// Safe from any thread; every call holds one lock for a short time. Samples may arrive in any order.
public final class MetricsWindow: Queryable {
    private let state: Mutex<WindowState>
    private let limits: WindowLimits

    public init(limits: WindowLimits = WindowLimits()) {
        self.limits = limits
        self.state = Mutex(WindowState(limits: limits))
    }

    /// Takes the body of `POST /v1/agent/samples`: blocks of a `ScrapeHead` and its text.
    ///
    /// - Parameters:
    ///   - host: the host that the agent has proven to be.
    ///   - hostLabels: the host's labels as the server knows them; they win over those in the text.
    /// - Returns: what was kept and what was not, and why. Bad blocks do not keep good ones out.
    public func ingest(
        body: [UInt8], host: String, hostLabels: [String: String], receivedAt: Timestamp
    ) -> IngestOutcome {
        var outcome = IngestOutcome()
        let blocks = ScrapeBlock.split(body, outcome: &outcome)
        // Without a word of the agent: its newest scrape has just been made, so that its time is the agent's present.
        let sentAt = ScrapeBlock.sentAt(body) ?? blocks.map(\.head.at).max()
        state.withLock { state in
            let difference = sentAt.flatMap { state.clocks.note(host: host, sentAt: $0, receivedAt: receivedAt) }
            let shift = ClockCorrection(difference: difference)
            outcome.clockOffset = shift.offset
            for block in blocks {
                state.take(
                    block, of: body, host: host, hostLabels: hostLabels, shift: shift, limits: limits,
                    outcome: &outcome)
            }
            state.keepWithinLimits(&outcome)
        }
        return outcome
    }

    /// Adds samples of one series. Exact repeats are dropped, late ones put in their place.
    ///
    /// - Returns: false when the series is new and there is no room for it.
    @discardableResult
    public func append(
        _ labels: [String: String], startedAt: Timestamp? = nil, _ samples: [Sample]
    ) -> Bool {
        state.withLock { state in
            var outcome = IngestOutcome()
            guard let series = state.series(labels, startedAt: startedAt, absentAt: nil) else { return false }
            for sample in samples { state.add(sample, to: series, &outcome) }
            state.keepWithinLimits(&outcome)
            return true
        }
    }

    public func select(
        _ matchers: [LabelMatcher], after: Timestamp, through: Timestamp
    ) throws(QueryError) -> [SeriesSamples] {
        let compiled = try MatcherSet(matchers)
        let answer = state.withLock { state in
            Result<[SeriesSamples], QueryError> { () throws(QueryError) in
                try state.select(compiled, after: after, through: through)
            }
        }
        return try answer.get()
    }

    public func increases(
        _ matchers: [LabelMatcher], after: Timestamp, through: Timestamp, reachingBack: Period
    ) throws(QueryError) -> [SeriesIncrease] {
        let compiled = try MatcherSet(matchers)
        let answer = state.withLock { state in
            Result<[SeriesIncrease], QueryError> { () throws(QueryError) in
                try state.increases(compiled, after: after, through: through, reachingBack: reachingBack)
            }
        }
        return try answer.get()
    }

    /// Forgets all samples before `time` and the series that have none left.
    public func trim(before time: Timestamp) {
        state.withLock { $0.trim(before: time) }
    }

    /// How much the window holds.
    public var size: (series: Int, samples: Int) {
        state.withLock { ($0.index.seriesCount, $0.sampleCount) }
    }
}

/// What a window holds at most, and what a query of it may touch.
public struct WindowLimits: Hashable, Sendable {
    /// Samples this much older than the newest are forgotten.
    public var retention: Period
    /// A new series beyond this is refused.
    public var series: Int
    /// Beyond this the oldest samples of all are forgotten early. One takes 16 bytes.
    public var samples: Int
    public var seriesPerQuery: Int
    public var samplesPerQuery: Int
    public var exposition: ExpositionLimits

    public init(
        retention: Period = .hours(1), series: Int = 200_000, samples: Int = 20_000_000,
        seriesPerQuery: Int = 50_000, samplesPerQuery: Int = 10_000_000,
        exposition: ExpositionLimits = ExpositionLimits()
    ) {
        self.retention = retention
        self.series = series
        self.samples = samples
        self.seriesPerQuery = seriesPerQuery
        self.samplesPerQuery = samplesPerQuery
        self.exposition = exposition
    }
}

/// What became of one body of samples.
public struct IngestOutcome: Hashable, Sendable {
    /// How many samples were kept.
    public var accepted = 0
    /// How many were there already.
    public var repeated = 0
    /// How many were older than the window reaches.
    public var tooOld = 0
    /// New series for which there was no room, by service.
    public var refusedSeries: [String: Int] = [:]
    /// How many lines or heads were not valid.
    public var broken = 0
    /// The first few of these, for people: which, where and why.
    public var problems: [String] = []
    /// How far the agent's clock is behind the server's (negative: ahead), when that is so much that the samples were
    /// stamped by the time of their receipt instead.
    public var clockOffset: Period?
    /// True when samples were forgotten before their time because there are too many.
    public var trimmedEarly = false

    public init() {}

    mutating func reject(_ problem: String) {
        broken += 1
        if problems.count < 10 { problems.append(problem) }
    }
}
