import Logging
import Ports
import Synchronization
import Wire

/// Passes what changes on to every watching browser and terminal: one subscription, each event encoded once.
///
/// It subscribes only while somebody watches: making the views of a large fleet for nobody would cost more than all
/// else that the server does.
final class EventHub: Sendable {
    private struct State {
        var streams: [ObjectIdentifier: EventStream] = [:]
        var surface: (any ControlSurface)?
        var isSubscribed = false
    }

    private let state = Mutex(State())
    private let subscriptions: AsyncStream<AsyncStream<LiveEvent>>
    private let begin: AsyncStream<AsyncStream<LiveEvent>>.Continuation

    init() {
        (subscriptions, begin) = AsyncStream.makeStream()
    }

    /// What changes from now on reaches the stream.
    func add(_ stream: EventStream) {
        state.withLock { state in
            state.streams[ObjectIdentifier(stream)] = stream
            subscribe(&state)
        }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    /// Under the lock: a watcher that is there is subscribed for, or about to be sent away.
    private func subscribe(_ state: inout State) {
        guard let surface = state.surface, !state.isSubscribed, !state.streams.isEmpty else { return }
        state.isSubscribed = true
        begin.yield(surface.events())
    }

    /// Runs until it is cancelled.
    func run(_ surface: any ControlSurface) async {
        state.withLock { state in
            state.surface = surface
            subscribe(&state)
        }
        for await events in subscriptions { await pass(events) }
    }

    private func pass(_ events: AsyncStream<LiveEvent>) async {
        for await event in events {
            let listeners = state.withLock { state in
                state.isSubscribed = !state.streams.isEmpty
                return Array(state.streams.values)
            }
            if listeners.isEmpty { return }
            EventHub.send(event, to: listeners)
        }
        // We fell behind and have missed something, so everybody has: they fetch anew when they connect again.
        let listeners = state.withLock { state in
            state.isSubscribed = false
            return Array(state.streams.values)
        }
        for stream in listeners { stream.close() }
    }

    private static func send(_ event: LiveEvent, to listeners: [EventStream]) {
        let data = EventHub.data(of: event)
        let frame = event.name.withContiguousUTF8 { StreamFrame.event($0, data: data) }
        for stream in listeners { stream.send(frame, replacing: event.subject) }
    }

    private static func data(of event: LiveEvent) -> [UInt8] {
        switch event {
        case .rollout(let view): return JSONText.encode(view)
        case .history(let entry): return JSONText.encode(entry)
        case .host(let view): return JSONText.encode(view)
        case .service(let name): return JSONText.encode(["name": name])
        }
    }
}

extension LiveEvent {
    /// What a newer event of the same subject says as well: a slow reader is spared the older one.
    fileprivate var subject: String? {
        switch self {
        case .rollout(let view): return "rollout/\(view.id)"
        case .host(let view): return "host/\(view.name)"
        case .service(let name): return "service/\(name)"
        case .history: return nil
        }
    }
}

extension String {
    fileprivate func withContiguousUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var copy = self
        return copy.withUTF8(body)
    }
}
