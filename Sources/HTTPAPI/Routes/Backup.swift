import Glibc
import HTTPTypes
import HummingbirdCore
import Ports
import Wire

/// Gives a copy of the store. Its file has lost its name before the first byte leaves: nothing stays, however it ends.
@Sendable func giveBackup(_ call: Call) async throws -> Response {
    let copy = try await call.surface.backup(by: call.by)
    let file: FilePieces
    do {
        file = try await FilePieces.open(copy.path)
        unlink(copy.path)
    } catch {
        unlink(copy.path)
        throw error
    }
    return Response(
        status: .ok,
        headers: [
            .contentType: "application/vnd.sqlite3", .halcyonDigest: copy.digest,
            .halcyonRevision: "\(copy.revision.number)",
        ],
        body: fileBody(0..<copy.size) { file })
}
