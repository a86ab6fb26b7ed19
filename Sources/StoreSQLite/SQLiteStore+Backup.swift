import Dispatch
import FoundationEssentials
import GRDB
import Glibc
public import Ports

extension SQLiteStore: StoreBackup {
    /// Writes a consistent copy to a new file while the store goes on, and returns the revision that it holds.
    ///
    /// The copy is one file with mode 0600, whole, checked and on disk when this returns; a file that is there is not
    /// replaced.
    public func backup(
        to destination: String, leavingOut: [DocumentKey] = []
    ) async throws(StoreError) -> Revision {
        let result: Result<Revision, StoreError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [pool] in
                let copied = Result { try Backup.copy(pool, to: destination, leavingOut: leavingOut) }
                continuation.resume(returning: copied.mapError { Refusal.of($0, path: destination) })
            }
        }
        return try result.get()
    }
}

private enum Backup {
    static func copy(_ pool: DatabasePool, to destination: String, leavingOut: [DocumentKey]) throws -> Revision {
        guard access(destination, F_OK) != 0 else {
            throw StoreError.cannotWrite("\(destination) is there already; name a new file for the backup")
        }
        // Under another name until it is whole, so that nobody takes half a backup for one.
        let partial = destination + ".partial"
        unlink(partial)
        let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.cannotWrite(
                "cannot make \(partial): \(StoreFile.lastError()); name a file in a folder that can be written")
        }
        defer {
            close(descriptor)
            unlink(partial)
        }
        let revision = try fill(partial, from: pool, leavingOut: leavingOut)
        let report = try SQLiteStore.inspect(path: partial)
        guard report.isSound else { throw Refusal.damaged(destination, report.faults.joined(separator: "; ")) }
        guard fsync(descriptor) == 0 else {
            throw StoreError.cannotWrite("cannot write \(partial): \(StoreFile.lastError())")
        }
        // `link` refuses where `rename` would replace a file that came in between.
        guard link(partial, destination) == 0 else {
            throw StoreError.cannotWrite("cannot name the backup \(destination): \(StoreFile.lastError())")
        }
        try StoreFile.synchroniseFolder(of: destination)
        return revision
    }

    private static func fill(
        _ partial: String, from pool: DatabasePool, leavingOut: [DocumentKey]
    ) throws -> Revision {
        let copy = try DatabaseQueue(path: partial)
        do {
            try pool.backup(to: copy)
            let revision = try copy.writeWithoutTransaction { database in
                // One file, with no log beside it that could be left behind when it is moved.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                for key in leavingOut {
                    try database.execute(
                        sql: "DELETE FROM documents WHERE collection = ifnull(?, x'') AND name = ifnull(?, x'')",
                        arguments: [Data(key.collection.utf8), Data(key.name.utf8)])
                }
                return try Ledger(database).revision
            }
            try copy.close()
            return revision
        } catch {
            try? copy.close()
            throw error
        }
    }
}
