import Synchronization
import Wire

/// Joins those who want a host's logs to the agent that sends them.
final class LogRelay: Sendable {
    private struct Listener {
        var host: String
        var continuation: AsyncStream<[UInt8]>.Continuation
        /// The agent has begun to send.
        var hasBegun = false
    }

    private let listeners = Mutex<[String: Listener]>([:])
    /// Chunks that may wait for a slow reader; an agent's chunk has at most 64 KiB.
    private static let chunks = 64

    func open(id: String, host: String) -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(LogRelay.chunks))
        listeners.withLock { $0[id] = Listener(host: host, continuation: continuation) }
        continuation.onTermination = { [weak self] _ in
            self?.listeners.withLock { $0[id] = nil }
        }
        return stream
    }

    /// Hands a chunk on; waits while the reader is behind. False when nobody listens, or another host sends. An empty chunk
    /// only asks whether somebody still listens.
    func deliver(id: String, host: String, chunk: [UInt8]) async -> Bool {
        // A reader that does not read for half a minute is given up, so that an agent is never held for ever.
        for _ in 0..<300 {
            let listener = listeners.withLock { listeners in
                if listeners[id]?.host == host { listeners[id]?.hasBegun = true }
                return listeners[id]
            }
            guard let listener, listener.host == host else { return false }
            guard !chunk.isEmpty else { return true }
            switch listener.continuation.yield(chunk) {
            case .enqueued: return true
            case .terminated: return false
            case .dropped: break
            @unknown default: return false
            }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return false }
        }
        end(id: id, host: host)
        return false
    }

    /// The agent has gone away: those to whom it has sent nothing yet need not wait for it.
    func endWaiting(host: String) {
        let waiting = listeners.withLock { listeners in
            listeners.values.filter { $0.host == host && !$0.hasBegun }
        }
        for listener in waiting { listener.continuation.finish() }
    }

    func end(id: String, host: String) {
        let listener = listeners.withLock { $0[id] }
        if let listener, listener.host == host { listener.continuation.finish() }
    }
}
