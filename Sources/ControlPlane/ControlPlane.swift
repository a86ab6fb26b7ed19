public import Logging
public import Ports
import Rollouts
public import Series
import Specs
import Synchronization
public import Values
import Verdicts
public import Wire

/// The control plane: reads the world, lets the machines decide, stores what they decided, and then acts.
///
/// One mutex holds what is known; one lane orders the changes. A change is drafted on a copy of the ledger, committed
/// with compare-and-set, and only then becomes visible and is acted on.
public final class ControlPlane: Sendable {
    struct Memory: Sendable {
        var ledger: Ledger
        var fleet: Fleet
        /// The newest readings of every rollout in flight.
        var readings: [String: [Reading]] = [:]
        /// What these say together.
        var judgements: [String: Judgement] = [:]
        /// What the checks of services say that depend on the one that changes, by rollout.
        var dependants = DependantChecks()
        /// The usual checks of services that have written none, as of what they have shown, and when that was looked at.
        var usualChecks: [String: [CheckSpec]] = [:]
        var usualChecksAt: Timestamp?
        /// Services whose metrics were looked at since the start, and those that could not be read then.
        var usualChecksTried: Set<String> = []
        var usualChecksUnread: [String] = []
        /// Who gathers their evidence.
        var judges: [String: RolloutJudge] = [:]
        /// The epoch that agents are told now.
        var epoch: Int64
        /// Tokens by the SHA-256 of their secret.
        var principals: [String: KnownToken] = [:]
        /// What hosts should run as of this ledger; made when somebody is to be told.
        var targets: TargetTable?
        /// What those who listen are still to be shown.
        var live = LiveMarks()
        /// An agent has seen a newer state of this store's generation than the store holds.
        var isOutdated = false
        /// The last commit failed: whether the store can be written is not known.
        var storeFailed = false
        /// Deliveries whose outcome could not be stored rest, so that a receiver is not asked again every second.
        var restingDeliveries: [String: Timestamp] = [:]
    }

    let store: any DocumentStore
    let artefacts: any ArtefactStore
    /// Where samples go, and checks read them.
    let metrics: any MetricsKeeper & Queryable
    let notifier: any Notifier
    /// Makes the requests of web checks; `nil` when nobody does.
    let prober: (any WebProber)?
    let webChecks = Mutex(WebCheckBook())
    let settings: ControlPlaneSettings
    let logger: Logger
    let clock: @Sendable () -> Timestamp
    let startedAt: Timestamp

    let memory: Mutex<Memory>
    let lane = WriteLane()
    /// Held while agents are told, never while waiting for anything.
    let telling = Mutex(())
    let shelf = RolloutShelf()
    let feed = LiveFeed()
    let liveWake = WakeUp()
    let wake = WakeUp()
    let outboxWake = WakeUp()
    let logRelay = LogRelay()
    let complaints = Mutex(Complaints())
    let evidence = Mutex(EvidenceRecorder())
    let intakes = Intakes()
    /// The driver of the flags, once it is there.
    let flags = Mutex<(any FlagApplication)?>(nil)
    let flagWake = WakeUp()
    let measures = FlagMeasures()

    /// Reads the store and resumes what was in flight.
    ///
    /// - Throws: `Problem` when the store cannot be read.
    public init(
        store: any DocumentStore, artefacts: any ArtefactStore, metrics: any MetricsKeeper & Queryable,
        notifier: any Notifier, prober: (any WebProber)? = nil, settings: ControlPlaneSettings, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) async throws(Problem) {
        self.store = store
        self.artefacts = artefacts
        self.metrics = metrics
        self.notifier = notifier
        self.prober = prober
        self.settings = settings
        self.logger = logger
        self.clock = clock
        startedAt = clock()
        let ledger = try await Ledger.load(from: store)
        memory = Mutex(
            Memory(
                ledger: ledger, fleet: Fleet(startedAt: startedAt, heartbeat: settings.heartbeat),
                epoch: ledger.epochBase + ledger.revision.number))
        memory.withLock { $0.indexTokens() }
        try await resume()
    }

    /// Drives rollouts and deliveries until the task is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.driveRollouts() }
            group.addTask { await self.driveFlags() }
            group.addTask { await self.driveDeliveries() }
            group.addTask { await self.driveLive() }
            group.addTask { await self.probeInstances() }
            group.addTask { await self.stayAlive() }
            group.addTask { await self.keepHouse() }
            await group.waitForAll()
        }
        feed.finish()
    }

    /// What is known now.
    var ledger: Ledger { memory.withLock { $0.ledger } }

    // MARK: Changes

    /// Makes a change: `body` drafts it on a copy of the ledger, the draft is committed, and then becomes the ledger.
    ///
    /// Nothing is visible, published or acted on unless the commit succeeded.
    func change<Result: Sendable>(
        _ body: (inout Draft) async throws(Problem) -> Result
    ) async throws(Problem) -> Result {
        try await changeNoting(body).result
    }

    /// The same, with the store's revision afterwards.
    func changeNoting<Result: Sendable>(
        _ body: (inout Draft) async throws(Problem) -> Result
    ) async throws(Problem) -> (result: Result, revision: Revision) {
        try await lane.run { () async throws(Problem) -> (Result, Revision) in
            try await makeSure()
            var draft = Draft(ledger, now: clock(), flags: flags.withLock { $0 })
            draft.usualChecks = memory.withLock { $0.usualChecks }
            let result = try await body(&draft)
            if draft.isEmpty { return (result, draft.ledger.revision) }
            return (result, try await commit(draft))
        }
    }

    private func commit(_ draft: Draft) async throws(Problem) -> Revision {
        let revision: Revision
        do {
            revision = try await store.commit(draft.transaction)
        } catch {
            memory.withLock { $0.storeFailed = true }
            // Somebody else wrote: what is known is out of date.
            if case .conflict = error { try? await reload() }
            throw Problem(storeError: error)
        }
        let committed = draft.committed(as: revision)
        memory.withLock { memory in
            memory.storeFailed = false
            memory.adopt(committed, changed: draft.changedKeys)
            // A wave is judged by what happens in it, and by nothing before.
            for entry in draft.history {
                guard case .waveStarted = entry.event.fact else { continue }
                memory.readings[entry.rollout] = nil
                memory.judgements[entry.rollout] = nil
            }
        }
        act(on: draft)
        return revision
    }

    /// After a failed commit: it may have happened all the same, and only its answer was lost.
    private func makeSure() async throws(Problem) {
        guard memory.withLock({ $0.storeFailed }) else { return }
        do throws(StoreError) {
            guard try await store.revision() != ledger.revision else { return }
        } catch {
            throw Problem(storeError: error)
        }
        logger.warning("the store holds more than was known: it is read anew")
        try await reload()
    }

    private func reload() async throws(Problem) {
        let fresh = try await Ledger.load(from: store)
        memory.withLock { memory in
            memory.ledger = fresh
            memory.epoch = fresh.epochBase + fresh.revision.number
            memory.targets = nil
            // What was not stored did not happen: evidence goes on from what the store holds.
            memory.judges = [:]
            memory.dependants = DependantChecks()
            memory.indexTokens()
        }
        tellAgents()
    }

    /// What follows from a commit: agents hear their targets, listeners the news.
    private func act(on draft: Draft) {
        switch draft.audience {
        case .nobody: break
        case .hosts(let hosts): tellAgents(only: hosts)
        case .everybody: tellAgents()
        }
        publish(draft)
        if draft.history.contains(where: { draft.ledger.rollouts[$0.rollout]?.flag != nil }) { flagWake.signal() }
        if !draft.ledger.pendingDeliveries.isEmpty { outboxWake.signal() }
    }
}
