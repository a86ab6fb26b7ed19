import FoundationEssentials
import GRDB
import Glibc
import Ports
import Testing

@testable import StoreSQLite

@Suite struct OpeningTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("data/store.db")
    }

    @Test("commits are durable: write-ahead log, fully synchronous")
    func durable() async throws {
        let store = try SQLiteStore(path: path)
        #expect(try store.pragma("synchronous") == "2")
        #expect(try store.pragma("journal_mode") == "wal")
        await store.close()
    }

    @Test("the file and its folder are private to their owner")
    func modes() async throws {
        let store = try SQLiteStore(path: path)
        try await store.put("a", "b", "c")
        #expect(mode(folder.file("data")) == 0o700)
        for suffix in ["", "-wal", "-shm", ".lock"] { #expect(mode(path + suffix) == 0o600, "\(suffix)") }
        await store.close()
        chmod(path, 0o644)
        let again = try SQLiteStore(path: path)
        #expect(mode(path) == 0o600)
        await again.close()
    }

    @Test("what was committed is there after it was closed and opened again")
    func reopens() async throws {
        let store = try SQLiteStore(path: path)
        for number in 1...20 { try await store.put("things", "\(number)", "\(number)") }
        await store.close()
        let again = try SQLiteStore(path: path)
        #expect(try await again.revision() == Revision(20))
        #expect(try await again.listAll("things").count == 20)
        var watcher = again.changes(since: Revision(7)).makeAsyncIterator()
        #expect(try await watcher.next()?.first?.key.name == "8")
        #expect(try await again.put("things", "21", "21") == Revision(21))
        await again.close()
    }

    @Test("a store in use is refused, with the process that has it")
    func locked() async throws {
        let store = try SQLiteStore(path: path)
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("is in use by process \(getpid()); stop it first"))
        await store.close()
        let next = try SQLiteStore(path: path)
        await next.close()
    }

    @Test("a store of a newer release is refused and left as it is")
    func newer() async throws {
        try await makeStore()
        try change { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('0999 teleports')") }
        let before = try Data(contentsOf: URL(filePath: path))
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("was written by a newer release (it has “0999 teleports”); start that release"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test("another program's file is refused and left as it is")
    func foreign() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: true)
        try change { try $0.execute(sql: "CREATE TABLE songs (title TEXT)") }
        let before = try Data(contentsOf: URL(filePath: path))
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("is another program's SQLite file"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test("a file that is no database is refused")
    func noDatabase() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: true)
        try Data("This is a shopping list. ".utf8 + Array(repeating: 65, count: 5000)).write(to: URL(filePath: path))
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("is damaged") && why.contains("put the last backup in its place"))
    }

    @Test("a file with a damaged page is refused when it is opened")
    func damagedPage() async throws {
        try await makeStore(documents: 500)
        try overwrite(from: 8192, count: 20_000)
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("is damaged"))
    }

    @Test("a file that was emptied beside its log is refused, not begun anew")
    func emptied() async throws {
        try await makeStore()
        try Data().write(to: URL(filePath: path))
        try Data([1, 2, 3]).write(to: URL(filePath: path + "-wal"))
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("it is empty, but its write-ahead log is not"))
    }

    @Test("a place that cannot be a folder is refused")
    func noFolder() async throws {
        try Data().write(to: URL(filePath: folder.file("data")))
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("cannot") && why.contains(folder.file("data")))
    }

    @Test("a folder without the right to write is refused", .enabled(if: getuid() != 0, "root may write everywhere"))
    func readOnlyFolder() async throws {
        mkdir(folder.file("data"), 0o500)
        let why = await refusal { _ = try SQLiteStore(path: path) }
        #expect(why.contains("cannot write in \(folder.file("data"))"))
        chmod(folder.file("data"), 0o700)
    }

    @Test("damage that appears while it runs is refused where it is met, and nothing more is written")
    func damagedLater() async throws {
        let store = try SQLiteStore(path: path)
        for number in 0..<500 { try await store.put("things", "\(number)", Array(repeating: 7, count: 500)) }
        _ = try store.pragma("wal_checkpoint(TRUNCATE)")
        try overwrite(from: 4096, count: 400_000)
        _ = try store.pragma("shrink_memory")
        let why = await refusal { _ = try await store.listAll("things") }
        #expect(why.contains("is damaged"))
        let writing = await refusal { for number in 0..<500 { try await store.put("things", "\(number)", "x") } }
        #expect(writing.contains("is damaged"))
        let later = await refusal { try await store.put("new", "document", "x") }
        #expect(later.contains("is damaged"))
        await store.close()
    }
}

extension OpeningTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    private func makeStore(documents: Int = 3) async throws {
        let store = try SQLiteStore(path: path)
        for number in 0..<documents { try await store.put("things", "\(number)", Array(repeating: 7, count: 200)) }
        await store.close()
    }

    private func change(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction(body)
        try queue.writeWithoutTransaction { _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE") }
        try queue.close()
    }

    private func overwrite(from offset: Int, count: Int) throws {
        let descriptor = open(path, O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let end = min(offset + count, Int(StoreFile.size(path) ?? 0))
        try #require(end > offset)
        let garbage = [UInt8](repeating: 0xA5, count: end - offset)
        #expect(pwrite(descriptor, garbage, garbage.count, off_t(offset)) == garbage.count)
    }
}
