import Synchronization

/// Answers that go on for as long as the client listens, so that a shutdown can end them.
final class EndlessAnswers: Sendable {
    private struct State {
        var isOver = false
        var next = 0
        var enders: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// `end` is called once when the server ends, at once when it has. Returns a number to `forget` it by.
    func add(_ end: @escaping @Sendable () -> Void) -> Int {
        let (number, isOver) = state.withLock { state in
            state.next += 1
            if !state.isOver { state.enders[state.next] = end }
            return (state.next, state.isOver)
        }
        if isOver { end() }
        return number
    }

    func forget(_ number: Int) {
        _ = state.withLock { $0.enders.removeValue(forKey: number) }
    }

    func endAll() {
        let enders = state.withLock { state in
            state.isOver = true
            let enders = Array(state.enders.values)
            state.enders = [:]
            return enders
        }
        for end in enders { end() }
    }
}
