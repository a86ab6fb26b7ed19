import FoundationEssentials
import Ports
import StoreSQLite
import TestSupport
import Values

/// The evidence of a rollout as a server that is no more has left it in its store.
struct StoredEvidence: Decodable {
    struct Progress: Decodable {
        var through: Timestamp?
    }

    var progress: Progress
    var state: Data

    /// - Returns: `nil` when there is none.
    static func read(_ rollout: String, folder: String) async throws -> StoredEvidence? {
        let store = try SQLiteStore(path: "\(folder)/halcyon.db")
        let document: StoredDocument?
        do {
            document = try await store.read(DocumentKey("evidence", rollout))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        return try document.map { try JSONDecoder().decode(StoredEvidence.self, from: Data($0.bytes)) }
    }
}
