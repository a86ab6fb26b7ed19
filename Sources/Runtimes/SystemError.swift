import Glibc

/// A system call that failed, with what it was for.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// For example `opening /var/lib/halcyon/lock`.
    public var operation: String
    /// The `errno`.
    public var code: Int32

    public init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// With the calling thread's `errno`, to be made right after the call that failed.
    init(_ operation: String) {
        self.init(operation, code: errno)
    }

    /// The system's words for the code.
    public var reason: String { String(cString: strerror(code)) }

    /// Whether there was no room on the disk.
    public var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }

    public var description: String { "\(operation): \(reason)" }
}
