import FoundationEssentials
import GRDB
import Ports
import Testing

@testable import StoreSQLite

@Suite struct InspectionTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("store.db")
    }

    @Test("a sound store is reported with what it holds, also while it is in use")
    func sound() async throws {
        let store = try SQLiteStore(path: path)
        for number in 0..<5 { try await store.put(number < 2 ? "hosts" : "services", "\(number)", "x") }
        let report = try SQLiteStore.inspect(path: path)
        #expect(report.isSound)
        #expect(report.revision == Revision(5))
        #expect(report.oldestWatchable == Revision(0))
        #expect(report.documents == ["hosts": 2, "services": 3])
        #expect(report.migrations == ["0001 documents and their changes"])
        await store.close()
    }

    @Test("tables that contradict each other are a fault")
    func contradiction() async throws {
        let store = try SQLiteStore(path: path)
        for number in 0..<5 { try await store.put("hosts", "\(number)", "x") }
        try await store.pool.write { database in
            try database.execute(
                sql: "DELETE FROM changes WHERE revision = 3; UPDATE documents SET revision = 9 WHERE revision = 5")
        }
        await store.close()
        let report = try SQLiteStore.inspect(path: path)
        #expect(
            report.faults == [
                "1 documents are newer than the store's revision", "1 kept commits are missing from the changes",
            ])
    }

    @Test("what is absent, empty or no store is refused")
    func refused() throws {
        #expect(throws: StoreError.unusable("there is no file \(path); look at the name")) {
            try SQLiteStore.inspect(path: path)
        }
        try Data().write(to: URL(filePath: path))
        #expect(throws: StoreError.self) { try SQLiteStore.inspect(path: path) }
        try Data(repeating: 65, count: 5000).write(to: URL(filePath: path))
        #expect(throws: StoreError.self) { try SQLiteStore.inspect(path: path) }
    }
}
