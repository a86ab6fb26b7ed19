import Synchronization
import Values

/// Shows how far a long transfer is, on the standard error: a bar that moves on a terminal, a line every tenth elsewhere.
final class TransferProgress: Sendable {
    private struct State {
        var shownTenth = 0
        var drawnAt: Timestamp?
        var isOpen = false
    }

    private let verb: String
    private let total: Int64?
    private let console: Console
    private let startedAt: Timestamp
    private let state = Mutex(State())

    /// - Parameters:
    ///   - verb: For example `Uploading`.
    ///   - total: In bytes, when it is known.
    init(_ verb: String, total: Int64?, console: Console = .current) {
        self.verb = verb
        self.total = total
        self.console = console
        startedAt = console.now()
    }

    func advance(to count: Int64) {
        let now = console.now()
        state.withLock { state in
            if console.errorIsTerminal {
                if let last = state.drawnAt, now - last < .milliseconds(200), count != total { return }
                state.drawnAt = now
                state.isOpen = true
                console.writeError("\r\(bar(count, now))\u{1B}[K")
            } else if let total, total > 0 {
                let tenth = Int(count * 10 / total)
                guard tenth > state.shownTenth else { return }
                state.shownTenth = tenth
                console.complain("\(verb) \(tenth * 10)% of \(ByteSize(bytes: total))")
            }
        }
    }

    /// Ends the line of the bar.
    func finish() {
        state.withLock { state in
            if state.isOpen { console.writeError("\n") }
            state.isOpen = false
        }
    }

    private func bar(_ count: Int64, _ now: Timestamp) -> String {
        let seconds = (now - startedAt).seconds
        let speed = seconds > 0.3 ? "  \(ByteSize(bytes: Int64(Double(count) / seconds)))/s" : ""
        guard let total, total > 0 else { return "\(verb) \(ByteSize(bytes: count))\(speed)" }
        let share = min(1, Double(count) / Double(total))
        let filled = Int(share * 24)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
        return "\(verb) [\(bar)] \(Int(share * 100))%  \(ByteSize(bytes: count)) of \(ByteSize(bytes: total))\(speed)"
    }
}
