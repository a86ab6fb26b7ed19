import Crypto
import Dispatch
import Glibc
public import Ports
public import Wire

/// Copies of the store, for people to keep.
extension ControlPlane {
    public func backup(by principal: Principal) async throws(Problem) -> StoreCopy {
        guard let store = store as? any StoreBackup else {
            throw Problem(.refused, "\(store.location) is backed up by its own tools")
        }
        guard let folder = settings.backupFolder else {
            throw Problem(.refused, "this server has no folder for backups")
        }
        try await change { (draft) throws(Problem) in draft.audit("store.backup", "store", by: principal.name) }
        let name = GenerationRecord.make(isAccepted: false).identifier
        let path = "\(folder)/\(name).backup"
        do throws(StoreError) {
            let revision = try await store.backup(to: path, leavingOut: [.generation])
            return try await describe(path, revision)
        } catch {
            unlink(path)
            throw Problem(storeError: error)
        }
    }

    private func describe(_ path: String, _ revision: Revision) async throws(StoreError) -> StoreCopy {
        let digested = await withCheckedContinuation { continuation in
            // It waits for the disk, so it may not hold a thread of the tasks.
            DispatchQueue.global().async { continuation.resume(returning: digest(path)) }
        }
        guard let digested else { throw .cannotWrite("the copy \(path) cannot be read") }
        return StoreCopy(path: path, size: digested.size, digest: digested.digest, revision: revision)
    }
}

private func digest(_ path: String) -> (digest: String, size: Int64)? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var hash = SHA256()
    var size: Int64 = 0
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = read(descriptor, &piece, piece.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        if count == 0 { break }
        hash.update(data: piece[..<count])
        size += Int64(count)
    }
    let digits = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return ("sha256:\(digits)", size)
}
