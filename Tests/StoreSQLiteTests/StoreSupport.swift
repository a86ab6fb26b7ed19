import GRDB
import Ports

@testable import StoreSQLite

extension SQLiteStore {
    /// A store with a small log, to see it cut.
    static func open(_ path: String, limit: LogLimit = LogLimit()) throws(StoreError) -> SQLiteStore {
        let clock = ManualClock()
        return try SQLiteStore(path: path, limit: limit, now: { clock.now })
    }

    @discardableResult
    func put(_ collection: String, _ name: String, _ bytes: [UInt8]) async throws(StoreError) -> Revision {
        try await commit(Transaction(writes: [.put(DocumentKey(collection, name), bytes)]))
    }

    @discardableResult
    func put(_ collection: String, _ name: String, _ text: String) async throws(StoreError) -> Revision {
        try await put(collection, name, Array(text.utf8))
    }

    /// Asks the connection that writes.
    func pragma(_ sql: String) throws -> String? {
        try pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(sql)") }
    }
}

/// The text of a refusal, or why it is not one.
func refusal(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return "no refusal"
    } catch StoreError.unusable(let why) {
        return why
    } catch {
        return "another error: \(error)"
    }
}
