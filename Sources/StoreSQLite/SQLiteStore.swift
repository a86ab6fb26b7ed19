import Dispatch
import GRDB
public import Ports
import Synchronization
import Values

/// A `DocumentStore` in one SQLite file, for one process at a time.
///
/// A commit that returned is on disk (`synchronous = FULL`); commits that arrive together are written together.
/// Reads see every commit that returned before them.
public final class SQLiteStore: DocumentStore {
    public let location: String
    let path: String
    let pool: DatabasePool
    let reader: StoreReader
    private let queue: CommitQueue
    private let feed: ChangeFeed
    private let lock: StoreLock
    /// In memory: the lock on the file proves that no lease of another process can be alive.
    private let leases = Mutex(LeaseTable())
    private let now: @Sendable () -> Timestamp
    private let closing = Mutex(false)

    /// Opens the store, or makes a new one with its folder. It is refused, unchanged, when it is damaged, in use, from a
    /// newer release or not writable.
    public convenience init(path: String) throws(StoreError) {
        try self.init(path: path, limit: LogLimit(), now: SQLiteStore.monotonicTime)
    }

    init(path: String, limit: LogLimit, now: @escaping @Sendable () -> Timestamp) throws(StoreError) {
        try StoreFile.prepare(path)
        lock = try StoreLock(store: path)
        let pool = try StoreOpening.open(path)
        let ledger: Ledger
        do {
            ledger = try pool.read { try Ledger($0) }
        } catch {
            throw Refusal.of(error, path: path)
        }
        let reader = StoreReader(pool: pool, path: path)
        let feed = ChangeFeed(newest: ledger.revision, log: ChangeLog(reader: reader))
        self.path = path
        self.pool = pool
        self.reader = reader
        self.feed = feed
        self.now = now
        location = "sqlite \(path)"
        queue = CommitQueue(
            pool: pool, writer: BatchWriter(path: path, limit: limit), ledger: ledger, publish: { feed.publish($0) })
    }

    /// Answers what is under way, ends the watchers, and gives the file free. Later calls are refused.
    public func close() async {
        let first = closing.withLock { closed in
            defer { closed = true }
            return !closed
        }
        guard first else { return }
        await queue.close()
        feed.close()
        await withCheckedContinuation { continuation in
            // It waits for readers, so it may not hold a thread of the tasks.
            DispatchQueue.global().async { [pool] in
                // So that the file alone is the store while nobody has it open. Where it fails the log does no harm.
                try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try? pool.close()
                continuation.resume()
            }
        }
        lock.release()
    }

    public func revision() async throws(StoreError) -> Revision {
        if closing.withLock({ $0 }) { throw Refusal.closed }
        return feed.newest
    }

    public func commit(_ transaction: Transaction) async throws(StoreError) -> Revision {
        try await queue.commit(transaction)
    }

    public func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error> {
        feed.changes(since: since)
    }

    public func acquireLease(_ name: String, holder: String, seconds: Int) async throws(StoreError) -> Bool {
        if closing.withLock({ $0 }) { throw Refusal.closed }
        let now = now()
        return leases.withLock { $0.acquire(name, holder: holder, seconds: seconds, now: now) }
    }

    public func releaseLease(_ name: String, holder: String) async throws(StoreError) {
        leases.withLock { $0.release(name, holder: holder) }
    }

    private static let start = ContinuousClock.now

    /// A clock that no correction of the wall clock moves; leases need only differences.
    private static func monotonicTime() -> Timestamp {
        let elapsed = (ContinuousClock.now - start).components
        return Timestamp(milliseconds: elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000)
    }
}
