import FoundationEssentials
import GRDB
import Ports

/// What became of one transaction of a batch.
struct CommitOutcome: Sendable {
    var result: Result<Revision, StoreError>
    /// Empty when nothing changed.
    var changes: [StoreChange] = []
    /// The file can no longer be trusted, so that nothing more may be written to it.
    var metDamage = false
}

/// Writes a batch of transactions as one SQLite transaction.
///
/// Preconditions are looked at before anything of a transaction is written, so that a conflict needs no undoing and
/// harms no other. An error of SQLite itself undoes the whole batch; where one transaction may be too large, each is then
/// tried alone.
struct BatchWriter {
    let path: String
    let limit: LogLimit

    func write(_ batch: [Transaction], ledger: inout Ledger, database: Database) -> [CommitOutcome] {
        do {
            return try writeTogether(batch, ledger: &ledger, database: database)
        } catch {
            if batch.count == 1 || !Refusal.mayBeOfOne(error) {
                let refusal = Refusal.of(error, path: path)
                let metDamage = Refusal.isDamage(error)
                return batch.map { _ in CommitOutcome(result: .failure(refusal), metDamage: metDamage) }
            }
        }
        return batch.flatMap { write([$0], ledger: &ledger, database: database) }
    }

    private func writeTogether(_ batch: [Transaction], ledger: inout Ledger, database: Database) throws
        -> [CommitOutcome]
    {
        var next = ledger
        var outcomes: [CommitOutcome] = []
        outcomes.reserveCapacity(batch.count)
        try database.inTransaction(.immediate) {
            let statements = try BatchStatements(database)
            for transaction in batch {
                outcomes.append(try apply(transaction, ledger: &next, statements: statements))
            }
            if next.exceeds(limit) { try trim(&next, database) }
            if next.revision == ledger.revision { return .rollback }
            try statements.meta.execute(arguments: [next.revision.number, next.logStart.number])
            return .commit
        }
        ledger = next
        return outcomes
    }

    private func apply(_ transaction: Transaction, ledger: inout Ledger, statements: BatchStatements) throws
        -> CommitOutcome
    {
        for precondition in transaction.preconditions {
            let current = try statements.revision(of: precondition.key)
            guard precondition.holds(current: current) else {
                return CommitOutcome(result: .failure(.conflict(precondition.key, current: current)))
            }
        }
        let revision = Revision(ledger.revision.number + 1)
        var changes: [StoreChange] = []
        for write in transaction.writes {
            guard try statements.perform(write, revision: revision) else { continue }
            var change = StoreChange(revision: revision, key: write.key, bytes: nil)
            if case .put(_, let bytes) = write { change.bytes = bytes }
            try statements.log(change, position: changes.count)
            ledger.loggedChanges += 1
            ledger.loggedBytes += change.size
            changes.append(change)
        }
        if !changes.isEmpty { ledger.revision = revision }
        return CommitOutcome(result: .success(ledger.revision), changes: changes)
    }

    /// Forgets the oldest commits, whole ones, until the log is within its limit. The newest one stays.
    private func trim(_ ledger: inout Ledger, _ database: Database) throws {
        let commits = try Row.fetchCursor(
            database,
            sql: """
                SELECT revision, count(*), sum(\(Ledger.sizeOfChange))
                FROM changes WHERE revision < ? GROUP BY revision ORDER BY revision
                """, arguments: [ledger.revision.number])
        while ledger.loggedChanges > limit.changes || ledger.loggedBytes > limit.bytes, let commit = try commits.next()
        {
            ledger.logStart = Revision(commit[0])
            ledger.loggedChanges -= commit[1] as Int
            ledger.loggedBytes -= commit[2] as Int64
        }
        try database.execute(sql: "DELETE FROM changes WHERE revision <= ?", arguments: [ledger.logStart.number])
    }
}

extension StoreChange {
    /// What it takes in the log, in bytes.
    var size: Int64 { Int64(key.collection.utf8.count + key.name.utf8.count + (bytes?.count ?? 0)) }
}

/// The statements of a batch, prepared once for a connection.
private struct BatchStatements {
    let database: Database
    let find: Statement
    let put: Statement
    let delete: Statement
    let log: Statement
    let meta: Statement

    init(_ database: Database) throws {
        self.database = database
        find = try database.cachedStatement(
            sql: "SELECT revision FROM documents WHERE collection = ifnull(?, x'') AND name = ifnull(?, x'')")
        put = try database.cachedStatement(
            sql: """
                INSERT INTO documents (collection, name, revision, bytes)
                VALUES (ifnull(?, x''), ifnull(?, x''), ?, ifnull(?, x''))
                ON CONFLICT DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes
                """)
        delete = try database.cachedStatement(
            sql: "DELETE FROM documents WHERE collection = ifnull(?, x'') AND name = ifnull(?, x'')")
        log = try database.cachedStatement(
            sql: """
                INSERT INTO changes (revision, position, collection, name, bytes)
                VALUES (?, ?, ifnull(?, x''), ifnull(?, x''), iif(?, ifnull(?, x''), NULL))
                """)
        meta = try database.cachedStatement(sql: "UPDATE meta SET revision = ?, log_start = ? WHERE id = 1")
    }

    func revision(of key: DocumentKey) throws -> Revision? {
        try Int64.fetchOne(find, arguments: [Data(key.collection.utf8), Data(key.name.utf8)]).map(Revision.init)
    }

    /// Returns whether it changed anything: deleting what is absent does not.
    func perform(_ write: Write, revision: Revision) throws -> Bool {
        let collection = Data(write.key.collection.utf8)
        let name = Data(write.key.name.utf8)
        switch write {
        case .put(_, let bytes):
            try put.execute(arguments: [collection, name, revision.number, Data(bytes)])
            return true
        case .delete:
            try delete.execute(arguments: [collection, name])
            return database.changesCount > 0
        }
    }

    func log(_ change: StoreChange, position: Int) throws {
        try log.execute(arguments: [
            change.revision.number, position, Data(change.key.collection.utf8), Data(change.key.name.utf8),
            change.bytes != nil, Data(change.bytes ?? []),
        ])
    }
}
