import GRDB
import Ports
import Testing

@testable import StoreSQLite

@Suite struct OtherProgramTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("another program that writes for long is named, and commits go on after it", .timeLimit(.minutes(1)))
    func busy() async throws {
        let store = try SQLiteStore(path: folder.file("store.db"))
        try await store.put("things", "one", "x")
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.file("store.db"), configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        do throws(StoreError) {
            try await store.put("things", "two", "x")
            Issue.record("it was committed")
        } catch {
            guard case .cannotWrite(let why) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(why.contains("is in use by another program"))
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await store.put("things", "two", "x") == Revision(2))
        try other.close()
        await store.close()
    }

    @Test("a copy that SQLite's own tools made is a store")
    func vacuumInto() async throws {
        let store = try SQLiteStore(path: folder.file("store.db"))
        for number in 0..<50 { try await store.put("things", "\(number)", "x") }
        let other = try DatabaseQueue(path: folder.file("store.db"))
        let copy = folder.file("copy.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
        try other.close()
        await store.close()
        let restored = try SQLiteStore(path: copy)
        #expect(try await restored.revision() == Revision(50))
        await restored.close()
    }
}
