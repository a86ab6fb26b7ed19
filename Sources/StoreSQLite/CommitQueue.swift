import GRDB
import Ports
import Synchronization

/// Collects concurrent commits while the disk is busy, and writes them together.
///
/// One commit alone is written at once. While it is on its way to the disk others gather, and go together next: the
/// more callers, the larger the groups, without any waiting for company.
final class CommitQueue: Sendable {
    private struct Pending {
        var transaction: Transaction
        var continuation: CheckedContinuation<Result<Revision, StoreError>, Never>
    }

    private struct State {
        var pending: [Pending] = []
        var draining = false
        /// Why commits are refused for good.
        var refusal: StoreError?
    }

    /// A group that holds more takes longer to write than its members want to wait.
    private static let groupTransactions = 1000
    private static let groupBytes: Int64 = 8 << 20

    private let pool: DatabasePool
    private let writer: BatchWriter
    private let state = Mutex(State())
    private let ledger: Mutex<Ledger>
    /// Told of the changes of each commit, in order, before their callers have the answer.
    private let publish: @Sendable ([[StoreChange]]) -> Void

    init(
        pool: DatabasePool, writer: BatchWriter, ledger: Ledger, publish: @escaping @Sendable ([[StoreChange]]) -> Void
    ) {
        self.pool = pool
        self.writer = writer
        self.ledger = Mutex(ledger)
        self.publish = publish
    }

    func commit(_ transaction: Transaction) async throws(StoreError) -> Revision {
        try transaction.refuseRepeatedKeys()
        return try await withCheckedContinuation { continuation in
            enqueue(Pending(transaction: transaction, continuation: continuation))
        }.get()
    }

    /// Refuses later commits and returns when the earlier ones are answered.
    func close() async {
        state.withLock { $0.refusal = $0.refusal ?? Refusal.closed }
        await withCheckedContinuation { continuation in
            // Behind the group that is being written, on the same serial queue.
            pool.asyncWriteWithoutTransaction { _ in continuation.resume() }
        }
    }

    private func enqueue(_ pending: Pending) {
        enum Next { case refuse(StoreError), wait, drain }
        let next: Next = state.withLock { state in
            if let refusal = state.refusal { return .refuse(refusal) }
            state.pending.append(pending)
            if state.draining { return .wait }
            state.draining = true
            return .drain
        }
        switch next {
        case .refuse(let refusal): pending.continuation.resume(returning: .failure(refusal))
        case .wait: break
        case .drain: pool.asyncWriteWithoutTransaction { self.drain($0) }
        }
    }

    private func drain(_ database: Database) {
        while let group = takeGroup() {
            let outcomes = ledger.withLock { ledger in
                writer.write(group.map(\.transaction), ledger: &ledger, database: database)
            }
            publish(outcomes.lazy.map(\.changes).filter { !$0.isEmpty })
            for (pending, outcome) in zip(group, outcomes) { pending.continuation.resume(returning: outcome.result) }
            refuseMoreIfDamaged(outcomes)
        }
    }

    /// The next transactions to write together; `nil`, with the queue at rest, when there are none.
    private func takeGroup() -> [Pending]? {
        state.withLock { state in
            if state.pending.isEmpty {
                state.draining = false
                return nil
            }
            var bytes: Int64 = 0
            let end = state.pending.prefix(CommitQueue.groupTransactions).firstIndex { pending in
                bytes += pending.transaction.size
                return bytes > CommitQueue.groupBytes
            }
            // A transaction that is larger than a group goes alone.
            let count = max(end ?? min(state.pending.count, CommitQueue.groupTransactions), 1)
            defer { state.pending.removeFirst(count) }
            return Array(state.pending.prefix(count))
        }
    }

    private func refuseMoreIfDamaged(_ outcomes: [CommitOutcome]) {
        guard case .failure(let why)? = outcomes.first(where: \.metDamage)?.result else { return }
        let left = state.withLock { state in
            state.refusal = state.refusal ?? why
            defer { state.pending = [] }
            return state.pending
        }
        for pending in left { pending.continuation.resume(returning: .failure(why)) }
    }
}

extension Transaction {
    /// What its writes take, in bytes.
    var size: Int64 {
        writes.reduce(0) { sum, write in
            guard case .put(_, let bytes) = write else { return sum }
            return sum + Int64(bytes.count)
        }
    }
}
