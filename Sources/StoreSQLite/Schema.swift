import GRDB
import Ports

/// The tables, as a chain of named migrations that only ever grows.
///
/// Names are BLOBs: they are compared by their bytes, and a NUL in a name is a byte like any other.
/// An empty BLOB argument arrives in SQLite as NULL; hence `ifnull(?, x'')` in the statements of this room.
enum Schema {
    /// "HALC": tells our files from any other program's.
    static let applicationIdentifier: Int64 = 0x4841_4C43

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001 documents and their changes") { database in
            try database.execute(
                sql: """
                    CREATE TABLE documents (
                        collection BLOB NOT NULL,
                        name BLOB NOT NULL,
                        revision INTEGER NOT NULL,
                        bytes BLOB NOT NULL,
                        PRIMARY KEY (collection, name)
                    ) WITHOUT ROWID;

                    -- `bytes` is NULL where the document was deleted.
                    CREATE TABLE changes (
                        revision INTEGER NOT NULL,
                        position INTEGER NOT NULL,
                        collection BLOB NOT NULL,
                        name BLOB NOT NULL,
                        bytes BLOB,
                        PRIMARY KEY (revision, position)
                    ) WITHOUT ROWID;

                    -- One row. Changes of revisions above log_start are kept.
                    CREATE TABLE meta (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        revision INTEGER NOT NULL,
                        log_start INTEGER NOT NULL
                    );
                    INSERT INTO meta (id, revision, log_start) VALUES (1, 0, 0);
                    PRAGMA application_id = \(applicationIdentifier);
                    """)
        }
        return migrator
    }

    /// Refuses what is not our file, or was written by a newer release. Changes nothing.
    static func refuseForeign(_ database: Database, path: String) throws {
        guard try Int64.fetchOne(database, sql: "PRAGMA application_id") == applicationIdentifier else {
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if tables == 0 { return }
            throw StoreError.unusable("\(path) is another program's SQLite file; choose another data folder")
        }
        let known = Set(migrator.migrations)
        let unknown = try migrator.appliedIdentifiers(database).subtracting(known).sorted()
        guard unknown.isEmpty else {
            throw StoreError.unusable(
                "\(path) was written by a newer release (it has \(unknown.map { "“\($0)”" }.joined(separator: ", "))); "
                    + "start that release, or put a backup from before the upgrade in its place")
        }
    }
}
