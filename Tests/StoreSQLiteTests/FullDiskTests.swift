import GRDB
import Glibc
import Ports
import Testing

@testable import StoreSQLite

@Suite struct FullDiskTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a full store says so, keeps what it has, and goes on when there is room")
    func pageLimit() async throws {
        let store = try SQLiteStore(path: folder.file("store.db"))
        try await store.put("things", "kept", "kept")
        let pages = try #require(try store.pragma("page_count").flatMap { Int($0) })
        _ = try store.pragma("max_page_count = \(pages + 8)")
        let why = await cannotWrite { try await store.put("things", "large", Array(repeating: 1, count: 200_000)) }
        #expect(why.contains("no room left") && why.contains("goes on by itself"))
        #expect(try await store.revision() == Revision(1))
        #expect(try await store.read(DocumentKey("things", "large")) == nil)
        #expect(try await store.put("things", "small", "fits") == Revision(2))
        _ = try store.pragma("max_page_count = 1000000")
        #expect(try await store.put("things", "large", Array(repeating: 1, count: 200_000)) == Revision(3))
        await store.close()
        #expect(try SQLiteStore.inspect(path: folder.file("store.db")).faults == [])
    }

    @Test("one commit that does not fit harms none of its group")
    func group() async throws {
        let store = try SQLiteStore(path: folder.file("store.db"))
        try await store.put("things", "first", "x")
        _ = try store.pragma("max_page_count = 60")
        let large = [UInt8](repeating: 1, count: 400_000)
        let batch = (0..<20).map { number in
            Transaction(writes: [.put(DocumentKey("things", "\(number)"), number == 10 ? large : [1])])
        }
        let path = folder.file("store.db")
        let outcomes = try await store.pool.writeWithoutTransaction { database in
            var ledger = try Ledger(database)
            let written = BatchWriter(path: path, limit: LogLimit()).write(batch, ledger: &ledger, database: database)
            #expect(ledger.revision == Revision(20))
            return written
        }
        for (number, outcome) in outcomes.enumerated() where number != 10 {
            #expect(outcome.result == .success(Revision(Int64(number < 10 ? number + 2 : number + 1))))
        }
        guard case .failure(.cannotWrite) = outcomes[10].result else {
            Issue.record("\(outcomes[10].result)")
            return
        }
        #expect(outcomes[10].changes.isEmpty)
        #expect(try await store.listAll("things").count == 20)
        await store.close()
    }

    @Test("a file system that runs full loses nothing", .enabled(if: SmallDisk.canMount, "mounting needs root"))
    func smallDisk() async throws {
        let disk = try SmallDisk(at: folder.file("disk"), size: "2m")
        let path = folder.file("disk/store.db")
        let store = try SQLiteStore(path: path)
        var committed: [Int] = []
        let filler = [UInt8](repeating: 3, count: 20_000)
        var refused = 0
        for number in 0..<200 {
            do throws(StoreError) {
                try await store.put("things", "\(number)", filler)
                committed.append(number)
            } catch {
                guard case .cannotWrite = error else {
                    Issue.record("\(error)")
                    break
                }
                refused += 1
            }
        }
        #expect(refused > 0 && committed.count > 10)
        #expect(try await store.listAll("things").count == committed.count)
        #expect(try await store.revision() == Revision(Int64(committed.count)))
        try disk.grow(to: "20m")
        #expect(try await store.put("things", "after", filler) == Revision(Int64(committed.count + 1)))
        await store.close()
        #expect(try SQLiteStore.inspect(path: path).faults == [])
        let again = try SQLiteStore(path: path)
        #expect(try await again.listAll("things").count == committed.count + 1)
        await again.close()
        withExtendedLifetime(disk) {}
    }

    private func cannotWrite(_ body: () async throws -> Revision) async -> String {
        do {
            return "no refusal, revision \(try await body().number)"
        } catch StoreError.cannotWrite(let why) {
            return why
        } catch {
            return "another error: \(error)"
        }
    }
}

/// A file system of a fixed size in memory, mounted for the life of the value.
private final class SmallDisk {
    let path: String

    /// Root in a container may not mount.
    static var canMount: Bool {
        guard getuid() == 0, let probe = try? TemporaryFolder() else { return false }
        return (try? SmallDisk(at: probe.file("probe"), size: "1m")) != nil
    }

    init(at path: String, size: String) throws {
        self.path = path
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else { throw MountFailed(code: errno) }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }

    func grow(to size: String) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(size)") == 0 else {
            throw MountFailed(code: errno)
        }
    }

    struct MountFailed: Error { let code: Int32 }
}
