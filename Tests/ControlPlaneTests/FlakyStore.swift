import HalcyonTesting
import Ports
import Synchronization

/// A store that can be told to fail.
final class FlakyStore: DocumentStore {
    enum Trouble: Sendable {
        case none
        case cannotWrite
        case conflict
        /// The commit happens, and its answer is lost.
        case answerLost
    }

    let inner: MemoryStore
    private let state = Mutex(Trouble.none)
    private let count = Mutex(0)
    private let listings = Mutex<[String: Int]>([:])

    init(_ inner: MemoryStore = MemoryStore()) { self.inner = inner }

    var trouble: Trouble {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    var commits: Int { count.withLock { $0 } }

    /// How many documents of each collection were listed forwards.
    var listed: [String: Int] { listings.withLock { $0 } }

    var location: String { inner.location }
    func revision() async throws(StoreError) -> Revision { try await inner.revision() }
    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? { try await inner.read(key) }

    func list(_ collection: String, prefix: String, after: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]
    {
        let found = try await inner.list(collection, prefix: prefix, after: after, limit: limit)
        listings.withLock { $0[collection, default: 0] += found.count }
        return found
    }

    func listBackwards(_ collection: String, prefix: String, before: String?, limit: Int)
        async throws(StoreError) -> [StoredDocument]
    {
        try await inner.listBackwards(collection, prefix: prefix, before: before, limit: limit)
    }

    func commit(_ transaction: Transaction) async throws(StoreError) -> Revision {
        switch trouble {
        case .none: break
        case .cannotWrite: throw .cannotWrite("the disk is full")
        case .conflict: throw .conflict(transaction.writes[0].key, current: nil)
        case .answerLost:
            _ = try await inner.commit(transaction)
            throw .cannotWrite("nobody knows")
        }
        count.withLock { $0 += 1 }
        return try await inner.commit(transaction)
    }

    func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error> { inner.changes(since: since) }

    func acquireLease(_ name: String, holder: String, seconds: Int) async throws(StoreError) -> Bool {
        try await inner.acquireLease(name, holder: holder, seconds: seconds)
    }

    func releaseLease(_ name: String, holder: String) async throws(StoreError) {
        try await inner.releaseLease(name, holder: holder)
    }
}
