import Foundation
import Ports
import Specs
import Synchronization
import Values
import Wire

/// A clock that only the test moves.
final class TestClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_764_579_600_000))

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ period: Period) { time.withLock { $0 = $0 + period } }
}

/// Artefacts by digest, with nothing in them.
final class FakeArtefacts: ArtefactStore {
    private let sizes = Mutex<[String: Int64]>([:])

    func put(_ digest: String, size: Int64) { sizes.withLock { $0[digest] = size } }
    var digests: Set<String> { sizes.withLock { Set($0.keys) } }

    func beginUpload() async throws(Problem) -> any ArtefactUpload { throw Problem(.internal, "not used") }
    func path(digest: String) async -> String? { nil }
    func size(digest: String) async -> Int64? { sizes.withLock { $0[digest] } }
    func remove(digest: String) async { sizes.withLock { $0[digest] = nil } }

    func collect(keeping digests: Set<String>, unusedFor: Period) async -> [String] {
        sizes.withLock { sizes in
            let doomed = sizes.keys.filter { !digests.contains($0) }
            for digest in doomed { sizes[digest] = nil }
            return doomed
        }
    }
}

/// Answers as it is told, by the receiver's address, and remembers what was sent.
final class FakeNotifier: Notifier {
    private let answers = Mutex<[String: DeliveryAnswer]>([:])
    private let sent = Mutex<[(url: String, notification: Ports.Notification)]>([])

    func answer(_ url: String, _ answer: DeliveryAnswer) { answers.withLock { $0[url] = answer } }
    func sentTo(_ url: String) -> [Ports.Notification] {
        sent.withLock { $0.filter { $0.url == url }.map(\.notification) }
    }

    func deliver(_ notification: Ports.Notification, to target: ReceiverSpec.Target) async -> DeliveryAnswer {
        let url: String
        switch target {
        case .webhook(let address), .slack(let address): url = address
        }
        sent.withLock { $0.append((url, notification)) }
        return answers.withLock { $0[url] } ?? .delivered(answer: "200 OK")
    }
}

/// Remembers what an agent is told.
final class FakeSink: AgentSink {
    private struct State {
        var desired: [DesiredState] = []
        var events: [String] = []
        var closed = false
    }

    private let state = Mutex(State())

    func send(event: StaticString, data: [UInt8]) -> Bool {
        let desired =
            event.description == "desired" ? try? JSONDecoder().decode(DesiredState.self, from: Data(data)) : nil
        return state.withLock { state in
            guard !state.closed else { return false }
            state.events.append(event.description)
            if let desired { state.desired.append(desired) }
            return true
        }
    }

    func close() { state.withLock { $0.closed = true } }

    var isClosed: Bool { state.withLock { $0.closed } }
    var told: [DesiredState] { state.withLock { $0.desired } }
    var events: [String] { state.withLock { $0.events } }
}
