import Synchronization

/// Wakes those who wait for a store's next commit.
///
/// It holds no changes, only the newest revision: a watcher reads at its own pace from the store's log, so that a slow
/// one costs no memory.
public final class RevisionSignal: Sendable {
    private struct State {
        var newest: Revision
        var closed = false
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state: Mutex<State>

    public init(newest: Revision) {
        state = Mutex(State(newest: newest))
    }

    public var newest: Revision { state.withLock { $0.newest } }

    /// Says that every commit up to this revision can be read.
    public func advance(to revision: Revision) {
        let woken = state.withLock { state in
            state.newest = max(state.newest, revision)
            return state.takeWaiters()
        }
        for waiter in woken { waiter.resume() }
    }

    /// Ends every wait, now and later.
    public func close() {
        let woken = state.withLock { state in
            state.closed = true
            return state.takeWaiters()
        }
        for waiter in woken { waiter.resume() }
    }

    /// Waits until there is a later revision. Returns false when the store was closed or the task was cancelled.
    public func waitForMore(than revision: Revision) async -> Bool {
        while !Task.isCancelled {
            if let answer = answer(beyond: revision) { return answer }
            await nextChange(after: revision)
        }
        return false
    }

    private func answer(beyond revision: Revision) -> Bool? {
        state.withLock { state in
            if state.closed { return false }
            return state.newest > revision ? true : nil
        }
    }

    private func nextChange(after revision: Revision) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A cancellation before the lock is seen here; one after it finds the waiter in the table.
                let waits = state.withLock { state in
                    if state.closed || state.newest > revision || Task.isCancelled { return false }
                    state.waiters[waiter] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
        }
    }
}
