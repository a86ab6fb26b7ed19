import Synchronization
import Wire

/// Hands what changes to everyone who listens. A listener that falls far behind is ended, and fetches anew.
final class LiveFeed: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<LiveEvent>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private static let patience = 4096

    func listen() -> AsyncStream<LiveEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LiveEvent.self, bufferingPolicy: .bufferingOldest(LiveFeed.patience))
        let key = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners[key] = nil }
        }
        return stream
    }

    var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

    func publish(_ events: [LiveEvent]) {
        let listeners = state.withLock { $0.listeners }
        for (key, listener) in listeners {
            for event in events {
                if case .dropped = listener.yield(event) {
                    listener.finish()
                    state.withLock { $0.listeners[key] = nil }
                    break
                }
            }
        }
    }

    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            return state.listeners
        }
        for listener in listeners.values { listener.finish() }
    }
}
