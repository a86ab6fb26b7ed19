import FoundationEssentials
import GRDB
import Ports

/// The kept changes on disk.
struct ChangeLog: Sendable {
    /// A page ends with the commit that reaches one of these.
    private static let pageChanges = 256
    private static let pageBytes: Int64 = 1 << 20

    let reader: StoreReader

    func start() async throws(StoreError) -> Revision {
        try await reader.read { try ChangeLog.start($0) }
    }

    /// The next commits after a revision, whole ones.
    func page(after revision: Revision) async throws(StoreError) -> [[StoreChange]] {
        try await reader.read { database in
            // In the same snapshot as the rows, so that nothing is cut off in between.
            let start = try ChangeLog.start(database)
            guard revision >= start else { throw StoreError.compacted(oldest: start) }
            return try ChangeLog.commits(after: revision, database)
        }
    }

    private static func start(_ database: Database) throws -> Revision {
        Revision(try Int64.fetchOne(database, sql: "SELECT log_start FROM meta WHERE id = 1") ?? 0)
    }

    private static func commits(after revision: Revision, _ database: Database) throws -> [[StoreChange]] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT revision, collection, name, bytes FROM changes
                WHERE revision > ? ORDER BY revision, position
                """, arguments: [revision.number])
        var commits: [[StoreChange]] = []
        var count = 0
        var bytes: Int64 = 0
        while let row = try rows.next() {
            let change = StoreChange(
                revision: Revision(row[0]), key: DocumentKey(row.text(1), row.text(2)), bytes: try row.bytes(3))
            if let last = commits.indices.last, commits[last].first?.revision == change.revision {
                commits[last].append(change)
            } else {
                if count >= pageChanges || bytes >= pageBytes { break }
                commits.append([change])
            }
            count += 1
            bytes += change.size
        }
        return commits
    }
}

extension Row {
    /// A BLOB column with a name in it.
    func text(_ column: Int) -> String {
        (try? withUnsafeData(atIndex: column) { data in data.map { String(decoding: $0, as: UTF8.self) } }) ?? ""
    }

    /// A BLOB column; `nil` for NULL.
    func bytes(_ column: Int) throws -> [UInt8]? {
        try withUnsafeData(atIndex: column) { data in data.map { Array($0) } }
    }
}
