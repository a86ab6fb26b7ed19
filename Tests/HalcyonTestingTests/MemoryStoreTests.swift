import HalcyonTesting
import Ports
import Synchronization
import Testing
import Values

@Suite struct MemoryStoreTests {
    @Test("keeps the promise", arguments: DocumentStoreConformance.checks)
    func conforms(_ check: DocumentStoreConformance.Check) async {
        let failure = await check.run {
            let clock = ManualClock()
            let store = MemoryStore(now: { clock.now })
            return StoreUnderTest(store: store, pass: { clock.pass(seconds: $0) }, close: { await store.close() })
        }
        #expect(failure == nil)
    }

    @Test("tells a watcher that fell behind to list again")
    func compaction() async throws {
        let store = MemoryStore(keptCommits: 10)
        for _ in 0..<25 { _ = try await store.commit(Transaction(writes: [.put(DocumentKey("a", "b"), [1])])) }
        var watcher = store.changes(since: Revision(0)).makeAsyncIterator()
        await #expect(throws: StoreError.compacted(oldest: Revision(10))) { try await watcher.next() }
        var kept = store.changes(since: Revision(10)).makeAsyncIterator()
        #expect(try await kept.next()?.first?.revision == Revision(11))
    }
}

@Suite struct ConformanceSuiteTests {
    @Test("finds a store that forgets preconditions")
    func findsForgottenPreconditions() async {
        let failures = await DocumentStoreConformance.run {
            let store = MemoryStore()
            return StoreUnderTest(store: CarelessStore(inner: store), pass: { _ in }, close: { await store.close() })
        }
        #expect(failures.contains { $0.check == "compare-and-set takes the present revision only" })
        #expect(failures.contains { $0.description.contains("expected a conflict, but revision 3 was committed") })
    }

    @Test("checks have names of their own")
    func names() {
        let names = DocumentStoreConformance.checks.map(\.name)
        #expect(Set(names).count == names.count)
    }
}

/// Commits whatever it is given.
private struct CarelessStore: DocumentStore {
    let inner: MemoryStore

    var location: String { inner.location }
    func revision() async throws(StoreError) -> Revision { try await inner.revision() }
    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? { try await inner.read(key) }
    func list(_ collection: String, prefix: String, after: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]
    { try await inner.list(collection, prefix: prefix, after: after, limit: limit) }
    func listBackwards(_ collection: String, prefix: String, before: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]
    { try await inner.listBackwards(collection, prefix: prefix, before: before, limit: limit) }
    func commit(_ transaction: Transaction) async throws(StoreError) -> Revision {
        try await inner.commit(Transaction(writes: transaction.writes))
    }
    func changes(since: Revision) -> AsyncThrowingStream<[StoreChange], any Error> { inner.changes(since: since) }
    func acquireLease(_ name: String, holder: String, seconds: Int) async throws(StoreError) -> Bool {
        try await inner.acquireLease(name, holder: holder, seconds: seconds)
    }
    func releaseLease(_ name: String, holder: String) async throws(StoreError) {
        try await inner.releaseLease(name, holder: holder)
    }
}

/// A clock that stands still until it is told.
private final class ManualClock: Sendable {
    private let time = Mutex(Timestamp.epoch)

    var now: Timestamp { time.withLock { $0 } }
    func pass(seconds: Int) { time.withLock { $0 = $0 + Period(milliseconds: Int64(seconds) * 1000) } }
}
