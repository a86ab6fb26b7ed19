import Synchronization

/// The current snapshot: many read it at once without waiting, one replaces it in one atomic step.
public final class SnapshotCell: Sendable {
    private let current: Mutex<FlagSnapshot>

    public init(_ snapshot: FlagSnapshot = .empty) {
        current = Mutex(snapshot)
    }

    /// Makes a snapshot the current one for all reads that begin from now on.
    public func publish(_ snapshot: FlagSnapshot) {
        current.withLock { $0 = snapshot }
    }

    /// Calls `body` with the current snapshot. Keep it short: a snapshot that is being read is kept in memory.
    public func read<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing FlagSnapshot) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(snapshot)
    }

    /// The current snapshot, to keep as long as it is needed.
    public var snapshot: FlagSnapshot { current.withLock { $0 } }
}
