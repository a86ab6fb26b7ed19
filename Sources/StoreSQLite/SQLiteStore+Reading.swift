import FoundationEssentials
import GRDB
public import Ports

extension SQLiteStore {
    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await reader.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT revision, bytes FROM documents
                    WHERE collection = ifnull(?, x'') AND name = ifnull(?, x'')
                    """)
            let row = try Row.fetchOne(statement, arguments: [Data(key.collection.utf8), Data(key.name.utf8)])
            return try row.map { row in
                StoredDocument(key: key, revision: Revision(row[0]), bytes: try row.bytes(1) ?? [])
            }
        }
    }

    public func list(_ collection: String, prefix: String, after: String?, limit: Int) async throws(StoreError)
        -> [StoredDocument]
    {
        let names = NameRange(prefix: prefix)
        // Whichever is further: the prefix itself is part of the range, `after` is not.
        let beyond = after.map { Array($0.utf8) }.flatMap { $0.lexicographicallyPrecedes(names.first) ? nil : $0 }
        return try await page(
            collection, where: "name \(beyond == nil ? ">=" : ">") ifnull(:low, x'') AND name < :high",
            low: beyond ?? names.first, high: names.end, order: "ASC", limit: limit)
    }

    public func listBackwards(_ collection: String, prefix: String, before: String?, limit: Int)
        async throws(StoreError) -> [StoredDocument]
    {
        let names = NameRange(prefix: prefix)
        var end = names.end
        if let before = before.map({ Array($0.utf8) }), before.lexicographicallyPrecedes(end) {
            // Nothing comes before the empty name.
            if before.isEmpty { return [] }
            end = before
        }
        return try await page(
            collection, where: "name >= ifnull(:low, x'') AND name < :high",
            low: names.first, high: end, order: "DESC", limit: limit)
    }

    private func page(
        _ collection: String, where condition: String, low: [UInt8], high: [UInt8], order: String, limit: Int
    ) async throws(StoreError) -> [StoredDocument] {
        guard limit > 0 else { return [] }
        return try await reader.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT name, revision, bytes FROM documents
                    WHERE collection = ifnull(:collection, x'') AND \(condition)
                    ORDER BY name \(order) LIMIT :limit
                    """)
            let arguments: StatementArguments = [
                "collection": Data(collection.utf8), "low": Data(low), "high": Data(high), "limit": limit,
            ]
            let rows = try Row.fetchCursor(statement, arguments: arguments)
            var documents: [StoredDocument] = []
            while let row = try rows.next() {
                let key = DocumentKey(collection, row.text(0))
                documents.append(StoredDocument(key: key, revision: Revision(row[1]), bytes: try row.bytes(2) ?? []))
            }
            return documents
        }
    }
}

/// The names that start with a prefix, by their bytes: from `first` on, up to but not `end`.
private struct NameRange {
    var first: [UInt8]
    var end: [UInt8]

    init(prefix: String) {
        let first = Array(prefix.utf8)
        self.first = first
        // UTF-8 has no byte 255: the last byte can always be raised by one, and 255 follows every name.
        end = first.last.map { first.dropLast() + [$0 + 1] } ?? [0xFF]
    }
}
