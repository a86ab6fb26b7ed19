import GRDB
import Ports
import Testing

@testable import StoreSQLite

@Suite struct WatchTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("the log keeps the newest changes, and a watcher from before them lists again")
    func compaction() async throws {
        let store = try SQLiteStore.open(folder.file("store.db"), limit: LogLimit(changes: 100))
        var slow = store.changes(since: Revision(0)).makeAsyncIterator()
        try await store.put("things", "first", "x")
        #expect(try await slow.next()?.first?.revision == Revision(1))
        for number in 2...3000 { try await store.put("things", "\(number % 7)", "\(number)") }
        let kept = try await keptChanges(store)
        #expect((100...101).contains(kept))
        await #expect(throws: StoreError.compacted(oldest: Revision(Int64(3000 - kept)))) { try await slow.next() }
        var fresh = store.changes(since: Revision(Int64(3000 - kept))).makeAsyncIterator()
        for revision in (3001 - kept)...3000 {
            #expect(try await fresh.next()?.first?.revision == Revision(Int64(revision)))
        }
        await store.close()
    }

    @Test("the log is bounded in bytes too, and the newest commit stays")
    func byteLimit() async throws {
        let store = try SQLiteStore.open(folder.file("store.db"), limit: LogLimit(bytes: 100_000))
        for number in 0..<50 { try await store.put("things", "\(number)", Array(repeating: 1, count: 10_000)) }
        #expect(try await keptChanges(store) <= 10)
        try await store.put("things", "huge", Array(repeating: 1, count: 1_000_000))
        #expect(try await keptChanges(store) == 1)
        await store.close()
        #expect(try SQLiteStore.inspect(path: folder.file("store.db")).oldestWatchable == Revision(50))
    }

    @Test("a commit of several changes is forgotten whole or not at all")
    func wholeCommits() async throws {
        let store = try SQLiteStore.open(folder.file("store.db"), limit: LogLimit(changes: 10))
        for number in 0..<40 {
            let writes = (0..<3).map { Write.put(DocumentKey("things", "\($0)"), [UInt8(number)]) }
            _ = try await store.commit(Transaction(writes: writes))
        }
        #expect(try await keptChanges(store) == 9)
        #expect(try SQLiteStore.inspect(path: folder.file("store.db")).faults == [])
        await store.close()
    }

    @Test("the log is counted again after a restart")
    func countsAgain() async throws {
        for _ in 0..<3 {
            let store = try SQLiteStore.open(folder.file("store.db"), limit: LogLimit(changes: 10))
            for number in 0..<8 { try await store.put("things", "\(number)", "x") }
            #expect(try await keptChanges(store) <= 10)
            await store.close()
        }
    }

    @Test("commits pass from the log to memory without a gap, whatever their size")
    func largeCommits() async throws {
        let store = try SQLiteStore(path: folder.file("store.db"))
        let watching = Task {
            var seen: [Int64] = []
            for try await changes in store.changes(since: Revision(0)) {
                seen.append(changes[0].revision.number)
                if seen.count == 60 { break }
            }
            return seen
        }
        // Each is larger than the memory that keeps recent commits can hold many of.
        for number in 0..<60 {
            try await store.put("large", "\(number % 3)", Array(repeating: UInt8(number), count: 700_000))
        }
        #expect(try await watching.value == (1...60).map { Int64($0) })
        await store.close()
    }

    @Test("recent commits are found by revision and bounded")
    func recentCommits() {
        var recent = RecentCommits()
        #expect(recent.commit(after: Revision(0)) == nil)
        for number in 1...5000 {
            recent.append([StoreChange(revision: Revision(Int64(number)), key: DocumentKey("a", "b"), bytes: [])])
        }
        #expect(recent.commit(after: Revision(5000)) == nil)
        #expect(recent.commit(after: Revision(4999))?.first?.revision == Revision(5000))
        #expect(recent.commit(after: Revision(3976))?.first?.revision == Revision(3977))
        #expect(recent.commit(after: Revision(3975)) == nil)
        #expect(recent.commit(after: Revision(0)) == nil)
    }

    private func keptChanges(_ store: SQLiteStore) async throws -> Int {
        try await store.reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM changes") ?? 0 }
    }
}
