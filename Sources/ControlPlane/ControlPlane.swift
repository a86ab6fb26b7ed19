public import Logging
public import MetricsWindow
public import Ports
import Rollouts
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
        /// The epoch that agents are told now.
        var epoch: Int64
        /// Tokens by the SHA-256 of their secret.
        var principals: [String: KnownToken] = [:]
        var seenNewerEpoch: Set<String> = []
    }

    let store: any DocumentStore
    let artefacts: any ArtefactStore
    let metrics: MetricsWindow
    let notifier: any Notifier
    let settings: ControlPlaneSettings
    let logger: Logger
    let clock: @Sendable () -> Timestamp
    let startedAt: Timestamp

    let memory: Mutex<Memory>
    let lane = WriteLane()
    let feed = LiveFeed()
    let wake = WakeUp()
    let outboxWake = WakeUp()
    let logRelay = LogRelay()

    /// Reads the store and resumes what was in flight.
    ///
    /// - Throws: `Problem` when the store cannot be read.
    public init(
        store: any DocumentStore, artefacts: any ArtefactStore, metrics: MetricsWindow, notifier: any Notifier,
        settings: ControlPlaneSettings, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) async throws(Problem) {
        self.store = store
        self.artefacts = artefacts
        self.metrics = metrics
        self.notifier = notifier
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
            group.addTask { await self.driveDeliveries() }
            group.addTask { await self.stayAlive() }
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
        try await lane.run { () async throws(Problem) -> Result in
            var draft = Draft(ledger, now: clock())
            let result = try await body(&draft)
            if !draft.isEmpty { try await commit(draft) }
            return result
        }
    }

    private func commit(_ draft: Draft) async throws(Problem) {
        let revision: Revision
        do {
            revision = try await store.commit(draft.transaction)
        } catch {
            throw Problem(storeError: error)
        }
        let committed = draft.committed(as: revision)
        memory.withLock { memory in
            memory.ledger = committed
            memory.epoch = committed.epochBase + revision.number
            if draft.changesAccess { memory.indexTokens() }
        }
        act(on: draft)
    }

    /// What follows from a commit: agents hear their targets, listeners the news.
    private func act(on draft: Draft) {
        if draft.changesTargets { tellAgents() }
        feed.publish(draft.history.map(LiveEvent.history))
        publishRollouts(Set(draft.history.map(\.rollout)))
        if !draft.ledger.pendingDeliveries.isEmpty { outboxWake.signal() }
    }
}

extension Problem {
    /// A failed store, as a user sees it.
    init(storeError: StoreError) {
        switch storeError {
        case .conflict(let key, _):
            self.init(
                .conflict, "\(key.collection)/\(key.name) was changed by somebody else at the same time",
                hint: "look at it again and repeat the request")
        case .cannotWrite(let reason):
            self.init(
                .unavailable, "the store cannot be written: \(reason)",
                hint: "nothing was changed; make room and repeat")
        case .unusable(let reason):
            self.init(.unavailable, "the store cannot be used: \(reason)")
        case .compacted:
            self.init(.internal, "the store no longer keeps the changes that were asked for")
        }
    }
}
