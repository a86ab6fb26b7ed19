import Glibc

/// Why the store could not do what was asked.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The disk (or a quota or limit of file sizes) is full. Nothing of the request was kept; the store takes samples again by
    /// itself once there is room.
    case storageFull(path: String)
    /// A system call failed; `code` is its `errno`.
    case system(String, path: String, code: Int32)
    /// Another process has the store open.
    case inUse(path: String)
    /// A file does not hold what it should.
    case damaged(path: String, reason: String)
    /// More waits to be written than may wait; the sender should try again a little later.
    case overloaded
    case closed

    public var description: String {
        switch self {
        case .storageFull(let path):
            "there is no room left to write \(path): samples are refused until there is; free space, or shorten the retention"
        case .system(let what, let path, let code): "cannot \(what) \(path): \(String(cString: strerror(code)))"
        case .inUse(let path): "the metrics in \(path) are in use by another process"
        case .damaged(let path, let reason): "\(path) is damaged: \(reason)"
        case .overloaded: "more samples wait to be written than may wait: try again later"
        case .closed: "the metrics store is closed"
        }
    }

    /// The error that `errno` tells of.
    static func last(_ what: String, _ path: String) -> StoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT || code == EFBIG { return .storageFull(path: path) }
        return .system(what, path: path, code: code)
    }
}
