import GRDB
public import Ports

/// What a look at a store's file found, for people.
public struct StoreReport: Hashable, Sendable {
    public var path: String
    /// The size of the file itself, without its write-ahead log.
    public var bytes: Int64
    public var revision: Revision
    /// Watchers can start from this revision or a later one.
    public var oldestWatchable: Revision
    /// How many documents each collection has.
    public var documents: [String: Int]
    /// The migrations that the file has been through.
    public var migrations: [String]
    /// What is wrong; empty for a sound store.
    public var faults: [String]

    public var isSound: Bool { faults.isEmpty }
}

extension SQLiteStore {
    /// Checks every page of a store and what it says of itself, without changing it. It may be in use meanwhile.
    ///
    /// Throws when it cannot be read at all, or is not a store of this release. Blocks: a gigabyte takes some seconds.
    public static func inspect(path: String) throws(StoreError) -> StoreReport {
        guard let size = StoreFile.size(path) else {
            throw .unusable("there is no file \(path); look at the name")
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { try Inspection(path: path, bytes: size, database: $0).report() }
        } catch {
            throw Refusal.of(error, path: path)
        }
    }
}

private struct Inspection {
    let path: String
    let bytes: Int64
    let database: Database

    func report() throws -> StoreReport {
        try Schema.refuseForeign(database, path: path)
        let migrations = try Schema.migrator.appliedMigrations(database)
        guard !migrations.isEmpty else { throw StoreError.unusable("\(path) is empty: no store was ever opened there") }
        let pages = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)")
        let ledger = try Ledger(database)
        return StoreReport(
            path: path, bytes: bytes, revision: ledger.revision, oldestWatchable: ledger.logStart,
            documents: try documents(), migrations: migrations,
            faults: pages.filter { $0 != "ok" } + (try contradictions(ledger)))
    }

    private func documents() throws -> [String: Int] {
        let rows = try Row.fetchCursor(database, sql: "SELECT collection, count(*) FROM documents GROUP BY collection")
        var counts: [String: Int] = [:]
        while let row = try rows.next() { counts[row.text(0), default: 0] += row[1] as Int }
        return counts
    }

    /// What a page check cannot see: tables that are sound by themselves and do not fit together.
    private func contradictions(_ ledger: Ledger) throws -> [String] {
        let revision = ledger.revision.number
        let questions: [(fault: String, sql: String, arguments: StatementArguments)] = [
            (
                "documents are newer than the store's revision", "SELECT count(*) FROM documents WHERE revision > ?",
                [revision]
            ),
            (
                "changes are newer than the store's revision", "SELECT count(*) FROM changes WHERE revision > ?",
                [revision]
            ),
            (
                "kept commits are missing from the changes",
                "SELECT ? - count(DISTINCT revision) FROM changes WHERE revision > ?",
                [revision - ledger.logStart.number, ledger.logStart.number]
            ),
        ]
        return try questions.compactMap { question in
            let count = try Int.fetchOne(database, sql: question.sql, arguments: question.arguments) ?? 0
            return count == 0 ? nil : "\(count) \(question.fault)"
        }
    }
}
