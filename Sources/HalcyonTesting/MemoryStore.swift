public import Ports
import Synchronization
public import Values

/// The reference `DocumentStore`: everything in memory, for tests and simulations.
///
/// It keeps every promise of the port but the disk.
public final class MemoryStore: DocumentStore {
    private struct State {
        var revision = Revision(0)
        var collections: [[UInt8]: MemoryCollection] = [:]
        var log: [[StoreChange]] = []
        /// Changes of later revisions than this one are in the log.
        var logStart = Revision(0)
        var leases = LeaseTable()
        var closed = false
    }

    public let location = "memory"
    private let state = Mutex(State())
    private let signal = RevisionSignal(newest: Revision(0))
    private let keptCommits: Int
    private let now: @Sendable () -> Timestamp

    /// `keptCommits` bounds what a watcher can fall behind by; `now` is the clock of the leases.
    public init(keptCommits: Int = 100_000, now: @escaping @Sendable () -> Timestamp = MemoryStore.monotonicTime) {
        self.keptCommits = max(keptCommits, 1)
        self.now = now
    }

    private static let start = ContinuousClock.now

    /// Time since the process first asked, as a point in time: leases need only differences.
    public static func monotonicTime() -> Timestamp {
        let elapsed = (ContinuousClock.now - start).components
        return Timestamp(milliseconds: elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000)
    }

    /// Ends the watchers; every later call is refused.
    public func close() async {
        state.withLock { $0.closed = true }
        signal.close()
    }

    public func revision() async throws(StoreError) -> Revision {
        try use { state throws(StoreError) in state.revision }
    }

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try use { state throws(StoreError) in state.collections[Array(key.collection.utf8)]?[Array(key.name.utf8)] }
    }

    public func list(_ collection: String, prefix: String, after: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]
    {
        try use { state throws(StoreError) in
            state.collections[Array(collection.utf8)]?.list(prefix: prefix, after: after, limit: limit) ?? []
        }
    }

    public func listBackwards(_ collection: String, prefix: String, before: String?, limit: Int)
        async throws(StoreError) -> [StoredDocument]
    {
        try use { state throws(StoreError) in
            state.collections[Array(collection.utf8)]?.listBackwards(prefix: prefix, before: before, limit: limit) ?? []
        }
    }

    public func commit(_ transaction: Transaction) async throws(StoreError) -> Revision {
        try transaction.refuseRepeatedKeys()
        let revision = try use { state throws(StoreError) in
            try MemoryStore.check(transaction.preconditions, in: state)
            apply(transaction.writes, to: &state)
            return state.revision
        }
        signal.advance(to: revision)
        return revision
    }

    public func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error> {
        let position = Mutex(since)
        return AsyncThrowingStream {
            let seen = position.withLock { $0 }
            try self.refuseUnkept(seen)
            guard await self.signal.waitForMore(than: seen) else { return nil }
            let changes = try self.logged(after: seen)
            position.withLock { $0 = changes.first?.revision ?? seen }
            return changes
        }
    }

    public func acquireLease(_ name: String, holder: String, seconds: Int) async throws(StoreError) -> Bool {
        let now = now()
        return try use { state throws(StoreError) in
            state.leases.acquire(name, holder: holder, seconds: seconds, now: now)
        }
    }

    public func releaseLease(_ name: String, holder: String) async throws(StoreError) {
        try use { state throws(StoreError) in state.leases.release(name, holder: holder) }
    }
}

extension MemoryStore {
    private func use<Value: Sendable>(_ body: (inout State) throws(StoreError) -> Value) throws(StoreError) -> Value {
        // The result leaves the lock as a value, because `withLock` would widen the error's type.
        let result: Result<Value, StoreError> = state.withLock { state in
            if state.closed { return .failure(.unusable("the store was closed")) }
            do throws(StoreError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func check(_ preconditions: [Precondition], in state: State) throws(StoreError) {
        for precondition in preconditions {
            let current = state.collections[Array(precondition.key.collection.utf8)]?[
                Array(precondition.key.name.utf8)]?.revision
            guard precondition.holds(current: current) else {
                throw .conflict(precondition.key, current: current)
            }
        }
    }

    private func apply(_ writes: [Write], to state: inout State) {
        let next = Revision(state.revision.number + 1)
        var changes: [StoreChange] = []
        for write in writes {
            let key = write.key
            let collection = Array(key.collection.utf8)
            switch write {
            case .put(_, let bytes):
                state.collections[collection, default: MemoryCollection()].put(
                    StoredDocument(key: key, revision: next, bytes: bytes))
                changes.append(StoreChange(revision: next, key: key, bytes: bytes))
            case .delete:
                guard state.collections[collection]?.remove(Array(key.name.utf8)) == true else { continue }
                changes.append(StoreChange(revision: next, key: key, bytes: nil))
            }
        }
        if changes.isEmpty { return }
        state.revision = next
        state.log.append(changes)
        // Twice the bound before it is cut, so that a commit costs the same on average.
        if state.log.count >= 2 * keptCommits {
            state.log.removeFirst(state.log.count - keptCommits)
            state.logStart = Revision(next.number - Int64(keptCommits))
        }
    }

    private func refuseUnkept(_ revision: Revision) throws(StoreError) {
        try use { state throws(StoreError) in
            if revision < state.logStart || revision > state.revision { throw .compacted(oldest: state.logStart) }
        }
    }

    private func logged(after revision: Revision) throws(StoreError) -> [StoreChange] {
        try use { state throws(StoreError) in
            guard revision >= state.logStart else { throw .compacted(oldest: state.logStart) }
            return state.log[Int(revision.number - state.logStart.number)]
        }
    }
}
