import FoundationEssentials
import Glibc
import Ports
import Testing

@testable import StoreSQLite

@Suite struct BackupTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("store.db")
    }

    @Test("a backup of a busy store is whole and consistent")
    func busy() async throws {
        let store = try SQLiteStore(path: path)
        try await writePairs(store, 0..<200)
        async let writing: Void = writePairs(store, 200..<1200)
        let revision = try await store.backup(to: folder.file("backup.db"))
        try await writing
        #expect(try await store.revision() == Revision(1200))
        await store.close()

        let report = try SQLiteStore.inspect(path: folder.file("backup.db"))
        #expect(report.faults == [])
        #expect(report.revision == revision)
        let restored = try SQLiteStore(path: folder.file("backup.db"))
        let left = try await restored.listAll("left")
        let right = try await restored.listAll("right")
        #expect(left.count == Int(revision.number) && left.map(\.bytes) == right.map(\.bytes))
        #expect(try await restored.put("left", "next", "x") == Revision(revision.number + 1))
        await restored.close()
    }

    @Test("a backup is one private file")
    func oneFile() async throws {
        let store = try SQLiteStore(path: path)
        try await writePairs(store, 0..<10)
        _ = try await store.backup(to: folder.file("backup.db"))
        var status = stat()
        #expect(stat(folder.file("backup.db"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("backup") }
        #expect(names == ["backup.db"])
        await store.close()
    }

    @Test("a backup replaces nothing and leaves nothing half done")
    func refusals() async throws {
        let store = try SQLiteStore(path: path)
        try Data("precious".utf8).write(to: URL(filePath: folder.file("there.db")))
        await #expect(throws: StoreError.self) { try await store.backup(to: folder.file("there.db")) }
        #expect(try Data(contentsOf: URL(filePath: folder.file("there.db"))) == Data("precious".utf8))
        await #expect(throws: StoreError.self) { try await store.backup(to: folder.file("no/such/folder.db")) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.contains("partial") })
        await store.close()
    }

    @Test("a store that is closed has no backup")
    func closed() async throws {
        let store = try SQLiteStore(path: path)
        await store.close()
        await #expect(throws: StoreError.unusable("the store was closed")) {
            try await store.backup(to: folder.file("backup.db"))
        }
    }

    private func writePairs(_ store: SQLiteStore, _ numbers: Range<Int>) async throws {
        for number in numbers {
            let bytes = Array("\(number)".utf8)
            _ = try await store.commit(
                Transaction(writes: [
                    .put(DocumentKey("left", "\(number)"), bytes), .put(DocumentKey("right", "\(number)"), bytes),
                ]))
        }
    }
}
