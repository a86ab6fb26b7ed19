import Ports
import Testing

@testable import StoreSQLite

@Suite struct ClosingTests {
    @Test("a store that closes answers what is under way, then refuses, and may be closed twice")
    func closes() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("store.db"))
        let acknowledged = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    do throws(StoreError) {
                        try await store.put("things", "\(number)", "x")
                        return true
                    } catch {
                        #expect(error == .unusable("the store was closed"))
                        return false
                    }
                }
            }
            group.addTask {
                await store.close()
                return false
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        await store.close()
        await #expect(throws: StoreError.unusable("the store was closed")) { try await store.put("a", "b", "c") }
        await #expect(throws: StoreError.unusable("the store was closed")) {
            try await store.read(DocumentKey("a", "b"))
        }
        await #expect(throws: StoreError.unusable("the store was closed")) { try await store.revision() }
        let again = try SQLiteStore(path: folder.file("store.db"))
        #expect(try await again.listAll("things").count == acknowledged)
        await again.close()
    }

    @Test("a store that was closed is in its one file")
    func oneFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("store.db")
        let store = try SQLiteStore(path: path)
        for number in 0..<50 { try await store.put("things", "\(number)", "x") }
        _ = try await store.listAll("things")
        await store.close()
        #expect((StoreFile.size(path + "-wal") ?? 0) == 0)
        #expect(try SQLiteStore.inspect(path: path).documents == ["things": 50])
    }

    @Test("a commit whose task is cancelled is still answered with what became of it")
    func cancelled() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("store.db"))
        let task = Task {
            try await store.put("things", "one", "x")
            return try await store.read(DocumentKey("things", "one"))
        }
        task.cancel()
        #expect(try await task.value?.revision == Revision(1))
        await store.close()
    }
}
