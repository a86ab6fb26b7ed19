import Synchronization

/// When to look whether a report is due: now and then, and when somebody asks.
final class ReportBeat: Sendable {
    private struct State {
        var listener: AsyncStream<Void>.Continuation?
        var isAsked = false
    }

    private let state = Mutex(State())

    /// For the one who sends reports; an earlier one hears no more.
    func beats() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let earlier = state.withLock { state in
            defer { state.listener = continuation }
            return state.listener
        }
        earlier?.finish()
        return stream
    }

    func beat() { state.withLock { $0.listener }?.yield() }

    /// A report shall be sent soon.
    func ask() {
        state.withLock { $0.isAsked = true }
        beat()
    }

    func takeAsked() -> Bool {
        state.withLock { state in
            defer { state.isAsked = false }
            return state.isAsked
        }
    }
}
