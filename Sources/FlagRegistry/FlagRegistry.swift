import FlagSpecs
import Flags
public import Logging
public import Ports
import Synchronization
public import Values
public import Wire

/// The driver of the flags: keeps them in the store, compiles and publishes each change, and makes what is scheduled.
///
/// One lane orders the changes. A change is drafted on a copy, made plain and compiled, committed with compare-and-set
/// together with its line of the audit trail, and only then published, in one atomic step to every reader.
public final class FlagRegistry: Sendable {
    struct Memory: Sendable {
        var environments: [String: EnvironmentState]
        var feeds: [String: EnvironmentFeed]
        /// The newest events of the environments that were deleted.
        var retired: [String: Int64]
        /// The files that are watched, by environment: what they brought is changed there only.
        var watched: [String: Set<String>] = [:]
        /// A commit failed: what is in the store is not known for certain.
        var isUncertain = false
    }

    /// The environment that is always there.
    public static let production = "production"
    /// Who makes what the clock makes.
    static let automatic = "halcyon"

    let store: any DocumentStore
    let journal: any Journal
    let access: any AgentGateway
    let rollouts: (any FlagRollouts)?
    let dev: Bool
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    let memory: Mutex<Memory>
    let lane = WriteLane()
    let usage: UsageBook

    /// Reads the flags, compiles them, and makes `production` in a new store.
    ///
    /// - Parameters:
    ///   - journal: commits, and keeps the audit trail.
    ///   - access: knows the tokens.
    ///   - rollouts: what they make of flags; `nil` where there are none.
    /// - Throws: `Problem` when the store cannot be read.
    public init(
        store: any DocumentStore, journal: any Journal, access: any AgentGateway,
        rollouts: (any FlagRollouts)? = nil, dev: Bool, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) async throws(Problem) {
        self.store = store
        self.rollouts = rollouts
        self.journal = journal
        self.access = access
        self.dev = dev
        self.logger = logger
        self.clock = clock
        let environments = try await FlagRegistry.load(
            from: store, overlays: rollouts?.overlays ?? [], at: clock(), logger: logger)
        let feeds = environments.filter { $0.value.trouble.isEmpty }
            .mapValues { EnvironmentFeed(name: $0.name, snapshot: $0.snapshot) }
        usage = try await UsageBook(store: store, environments: Array(environments.keys), at: clock())
        let retired = try await FlagRegistry.loadRetired(from: store)
        memory = Mutex(Memory(environments: environments, feeds: feeds, retired: retired))
        for state in environments.values { usage.follow(state.snapshot, in: state.name) }
        if environments[FlagRegistry.production] == nil {
            try await change(by: FlagRegistry.system) { (draft) throws(Problem) in
                draft.setEnvironment(EnvironmentSpec(name: FlagRegistry.production))
            }
        }
    }

    static let system = Principal(name: automatic, role: .admin)

    var environments: [String: EnvironmentState] { memory.withLock { $0.environments } }

    private static func load(
        from store: any DocumentStore, overlays: [FlagOverlay], at now: Timestamp, logger: Logger
    ) async throws(Problem) -> [String: EnvironmentState] {
        var result: [String: EnvironmentState] = [:]
        var documents: [StoredDocument] = []
        do throws(StoreError) {
            for document in try await store.listAll(FlagCollection.environments) {
                documents.append(document)
            }
        } catch {
            throw Problem(storeError: error)
        }
        for document in documents {
            var state = try await EnvironmentState.load(document, from: store)
            state.follow(overlays)
            do throws(Problem) {
                try state.compile(files: [:], at: now)
            } catch {
                // Serving what another release stored is better than serving nothing at all, but not by guessing. The other
                // environments are none the worse for it.
                if state.trouble.isEmpty {
                    state.trouble = [error.message] + error.places.map { "\($0.path): \($0.message)" }
                }
                logger.error("the flags of \(state.name) are not served: \(state.trouble.joined(separator: "; "))")
            }
            result[state.name] = state
        }
        return result
    }

    private static func loadRetired(from store: any DocumentStore) async throws(Problem) -> [String: Int64] {
        do throws(StoreError) {
            var result: [String: Int64] = [:]
            for document in try await store.listAll(FlagCollection.retired) {
                result[document.key.name] = (try? Codec.decode(RetiredRecord.self, document))?.sequence
            }
            return result
        } catch {
            throw Problem(storeError: error)
        }
    }

    // MARK: Changes

    /// Makes a change: `body` drafts it, what it touches is compiled, and the draft is committed and published.
    ///
    /// - Parameters:
    ///   - dryRun: compile only.
    ///   - check: looks at the draft once it is compiled; what it throws undoes everything.
    ///   - commit: commits the draft's writes; the journal's own way unless said otherwise.
    /// - Returns: What `body` answered, and the draft as it became.
    @discardableResult
    func change<Result: Sendable>(
        by principal: Principal, reason: String = "", dryRun: Bool = false,
        check: (FlagDraft) throws(Problem) -> Void = { _ in },
        commit: (@Sendable (JournalEntry) async throws(Problem) -> Revision)? = nil,
        _ body: (inout FlagDraft) throws(Problem) -> Result
    ) async throws(Problem) -> (result: Result, draft: FlagDraft) {
        try await lane.run { () async throws(Problem) -> (Result, FlagDraft) in
            try await makeSure()
            let now = clock()
            var draft = FlagDraft(
                environments, retired: memory.withLock { $0.retired }, now: now, by: principal.name, reason: reason)
            if let rollouts { draft.follow(rollouts.overlays) }
            let result = try body(&draft)
            for name in draft.touched.sorted() where draft.environments[name] != nil {
                try draft.compile(name, dryRun: dryRun)
            }
            try check(draft)
            if dryRun { return (result, draft) }
            if draft.isEmpty, commit == nil {
                // Nothing to store: a rollout may have moved on all the same.
                if !draft.touched.isEmpty { adopt(draft.environments, touched: draft.touched) }
                return (result, draft)
            }
            let revision: Revision
            do throws(Problem) {
                if let commit {
                    revision = try await commit(draft.entry)
                } else {
                    revision = try await journal.commit(draft.entry, by: principal)
                }
            } catch {
                if error.kind != .invalid { memory.withLock { $0.isUncertain = true } }
                throw error
            }
            memory.withLock { $0.retired = draft.retired }
            adopt(draft.committed(as: revision), touched: draft.touched)
            return (result, draft)
        }
    }

    /// What was committed becomes what is known, and what is served.
    private func adopt(_ committed: [String: EnvironmentState], touched: Set<String>) {
        let (feeds, gone) = memory.withLock { memory in
            let gone = touched.filter { committed[$0] == nil }.compactMap { memory.feeds[$0] }
            memory.environments = committed
            for (name, state) in committed where memory.feeds[name] == nil && state.trouble.isEmpty {
                memory.feeds[name] = EnvironmentFeed(name: name, snapshot: state.snapshot)
            }
            for name in touched where committed[name] == nil { memory.feeds[name] = nil }
            return (memory.feeds, gone)
        }
        for feed in gone {
            usage.forget(feed.name)
            feed.end()
        }
        for name in touched.sorted() {
            guard let state = committed[name], state.trouble.isEmpty, let feed = feeds[name] else { continue }
            usage.follow(state.snapshot, in: name)
            feed.publish(state.snapshot)
        }
    }

    /// After a failed commit: it may have happened all the same, and only its answer was lost.
    private func makeSure() async throws(Problem) {
        guard memory.withLock({ $0.isUncertain }) else { return }
        let fresh = try await FlagRegistry.load(
            from: store, overlays: rollouts?.overlays ?? [], at: clock(), logger: logger)
        let retired = try await FlagRegistry.loadRetired(from: store)
        let old = environments
        memory.withLock { $0.retired = retired }
        adopt(fresh, touched: Set(fresh.keys).union(old.keys))
        memory.withLock { $0.isUncertain = false }
    }

    // MARK: Running

    /// Makes what is scheduled, and counts evaluations, until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            await tick()
            try? await Task.sleep(for: .seconds(1))
        }
        await finish()
    }

    func tick() async {
        await makeDueChanges()
        gatherUsage()
        await usage.keep(at: clock(), logger: logger)
    }

    /// Adds up what was counted since the last time.
    func gatherUsage() {
        let now = clock()
        usage.gather(at: now)
        for feed in memory.withLock({ Array($0.feeds.values) })
        where feed.wholes.exchange(0, ordering: .relaxed) > 0 {
            usage.noteWhole(in: feed.name, at: now)
        }
    }

    func finish() async {
        gatherUsage()
        await usage.keep(at: clock(), evenIfRecent: true, logger: logger)
    }
}
