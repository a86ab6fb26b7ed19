import GRDB
import Ports

/// Opens the file after looking at it without changing it.
enum StoreOpening {
    /// Up to this size the whole file is checked at the start (about a fifth of a second); above, only `meta`.
    private static let fullCheckBytes: Int64 = 64 << 20

    static func open(_ path: String) throws(StoreError) -> DatabasePool {
        do {
            try refuseBroken(path)
            var configuration = Configuration()
            configuration.label = "store"
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(5)
            let pool = try DatabasePool(path: path, configuration: configuration)
            try requireDurableCommits(pool)
            try Schema.migrator.migrate(pool)
            return pool
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw .unusable("\(path) is in use by another program: \(error.message ?? "locked"); close that program")
        } catch {
            throw Refusal.of(error, path: path)
        }
    }

    private static func refuseBroken(_ path: String) throws {
        let size = StoreFile.size(path) ?? 0
        if size == 0 {
            // SQLite would throw the log away and start anew.
            guard (StoreFile.size(path + "-wal") ?? 0) == 0 else {
                throw Refusal.damaged(path, "it is empty, but its write-ahead log is not")
            }
            return
        }
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.unsafeRead { database in
            try Schema.refuseForeign(database, path: path)
            let check = size <= fullCheckBytes ? "PRAGMA quick_check(3)" : "PRAGMA quick_check('meta')"
            let found = try String.fetchAll(database, sql: check)
            if found != ["ok"] { throw Refusal.damaged(path, found.joined(separator: "; ")) }
        }
    }

    /// Turning WAL on lowered `synchronous` to NORMAL, with which a power cut can undo a commit that was answered.
    private static func requireDurableCommits(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Room for the whole log of changes: its oldest pages are cut while its newest are written.
            try database.execute(sql: "PRAGMA cache_size = -65536")
            // Pages that change again and again are copied into the file less often.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            // A log that grew once, for example in a backup, is cut back to this.
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            guard level == 2 else {
                throw StoreError.unusable(
                    "SQLite does not promise durable commits (synchronous = \(level ?? -1), not 2)")
            }
        }
    }
}
