import NIOHTTP1
import Synchronization
import TestSupport
import Values

/// A webhook receiver that now and then is not in the mood.
final class Catcher: Sendable {
    struct Letter: Sendable {
        var id: String
        var body: [UInt8]
        var wasAccepted: Bool
    }

    private struct State {
        var random: SeededGenerator
        var letters: [Letter] = []
    }

    private let refusals: Double
    private let state: Mutex<State>

    /// - Parameter refusals: the share of deliveries that are answered with 503.
    init(seed: UInt64, refusals: Double) {
        self.refusals = refusals
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    var letters: [Letter] { state.withLock(\.letters) }

    var server: LocalServer {
        LocalServer(address: Address.server) { [self] request in
            let id = request.head.headers["X-Halcyon-Delivery"].first ?? ""
            return .status(take(id: id, body: request.body) ? .ok : .serviceUnavailable)
        }
    }

    private func take(id: String, body: [UInt8]) -> Bool {
        state.withLock { state in
            let isAccepted = !state.random.chance(refusals)
            state.letters.append(Letter(id: id, body: body, wasAccepted: isAccepted))
            return isAccepted
        }
    }
}
