import GRDB
import Ports

/// What SQLite's errors mean for the port, with what a person can do about them.
enum Refusal {
    static let closed = StoreError.unusable("the store was closed")

    static func of(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .unusable("\(path): \(error)") }
        let message = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            return .cannotWrite(
                "no room left for \(path): \(message); nothing was written; free some space, the store goes on by itself"
            )
        case .SQLITE_IOERR:
            return .cannotWrite(
                "cannot read or write \(path): \(message); nothing was written; look at the disk and its free space")
        case .SQLITE_READONLY, .SQLITE_PERM:
            return .cannotWrite("\(path) cannot be written: \(message); give this user the right to write it")
        case .SQLITE_TOOBIG:
            return .cannotWrite("a document is too large for \(path): \(message)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return damaged(path, message)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return .cannotWrite(
                "\(path) is in use by another program: \(message); nothing was written; close that program")
        case .SQLITE_CANTOPEN:
            return .unusable("cannot open \(path): \(message); look at the rights of the file and its folder")
        case .SQLITE_MISUSE:
            return closed
        default:
            return .unusable("\(path): \(message) (SQLite code \(error.extendedResultCode.rawValue))")
        }
    }

    static func damaged(_ path: String, _ details: String) -> StoreError {
        .unusable(
            "\(path) is damaged: \(details); stop the server, keep a copy of the file, and put the last backup in its place"
        )
    }

    /// Whether one large transaction of a group may be the cause, so that the others may fit. Anything else, such as a disk
    /// that times out, would only take as long again for each.
    static func mayBeOfOne(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return code == .SQLITE_FULL || code == .SQLITE_TOOBIG
    }

    /// Whether the file itself can no longer be trusted, so that nothing more may be written to it.
    static func isDamage(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
    }
}
