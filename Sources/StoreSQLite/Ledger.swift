import GRDB
import Ports

/// How many changes are kept for watchers.
struct LogLimit: Sendable {
    var changes = 100_000
    var bytes: Int64 = 64 << 20
}

/// The store's counters. They are copied, changed along with a transaction, and kept once it is on disk.
struct Ledger: Sendable {
    var revision: Revision
    /// Changes of later revisions are kept.
    var logStart: Revision
    var loggedChanges: Int
    var loggedBytes: Int64

    init(_ database: Database) throws {
        guard let row = try Row.fetchOne(database, sql: "SELECT revision, log_start FROM meta WHERE id = 1") else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the revision is missing")
        }
        revision = Revision(row[0])
        logStart = Revision(row[1])
        let log = try Row.fetchOne(
            database, sql: "SELECT count(*), ifnull(sum(\(Ledger.sizeOfChange)), 0) FROM changes")
        loggedChanges = log?[0] ?? 0
        loggedBytes = log?[1] ?? 0
    }

    static let sizeOfChange = "length(collection) + length(name) + ifnull(length(bytes), 0)"

    /// A little more than the limit is kept, so that the log is cut in larger pieces and seldom.
    func exceeds(_ limit: LogLimit) -> Bool {
        loggedChanges > limit.changes + limit.changes / 64 || loggedBytes > limit.bytes + limit.bytes / 64
    }
}
