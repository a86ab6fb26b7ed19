import Glibc
import NIOCore
import Synchronization

/// What happens to one page.
struct Mishap {
    var fails = false
    var declines = false
    /// What is recommended cannot be found out.
    var recommendsNothing = false
    var delay = TimeAmount.zero
    /// For an order number.
    var number: UInt64 = 0
}

/// Throws the dice for the behaviour that is in force.
final class Faults: Sendable {
    private struct State {
        var behaviour: Behaviour
        var since = NIODeadline.now()
        var dice: Dice
        /// Never freed: that is the point.
        var leaked: [[UInt8]] = []
    }

    /// A leak ends here, before the machine suffers.
    private static let largestLeak = 1 << 30

    private let state: Mutex<State>

    init(_ behaviour: Behaviour) {
        state = Mutex(State(behaviour: behaviour, dice: Dice(state: behaviour.seed)))
    }

    var behaviour: Behaviour { state.withLock { $0.behaviour } }

    /// Changes the behaviour from now on; what `text` does not name stays.
    func apply(_ text: String) throws {
        try state.withLock { state in
            try state.behaviour.merge(text)
            state.since = .now()
            if text.contains("seed") { state.dice = Dice(state: state.behaviour.seed) }
        }
    }

    func draw(checkout: Bool) -> Mishap {
        state.withLock { state in
            let behaviour = state.behaviour
            var mishap = Mishap(number: state.dice.next())
            var milliseconds = behaviour.latencyMilliseconds * (0.8 + 0.4 * state.dice.share())
            let (fails, slow, declines) = (state.dice.share(), state.dice.share(), state.dice.share())
            mishap.recommendsNothing = state.dice.share() < behaviour.recommendationFailureShare
            if Faults.secondsPassed(state) >= behaviour.badAfterSeconds {
                mishap.fails = fails < behaviour.errorRate
                mishap.declines = checkout && declines < behaviour.checkoutFailureShare
                if slow < behaviour.slowShare { milliseconds += behaviour.slowMilliseconds }
            }
            mishap.delay = .microseconds(Int64(milliseconds * 1000))
            return mishap
        }
    }

    /// Crashes and leaks when it is time to.
    func watch(on loop: any EventLoop) {
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) { [self] _ in
            state.withLock { state in
                if let after = state.behaviour.crashAfterSeconds, Faults.secondsPassed(state) >= after {
                    say("crashing, as behaviour.conf says")
                    _exit(1)
                }
                let bytes = Int(state.behaviour.leakMegabytesPerMinute * 1_000_000 / 600)
                if bytes > 0, state.leaked.count * bytes < Faults.largestLeak {
                    state.leaked.append([UInt8](repeating: 1, count: bytes))
                }
            }
        }
    }

    private static func secondsPassed(_ state: State) -> Double {
        Double((NIODeadline.now() - state.since).nanoseconds) / 1e9
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
private struct Dice {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not including, 1.
    mutating func share() -> Double {
        Double(next() >> 11) / Double(1 << 53)
    }
}
