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
        /// Rises with every subscription; an older one has ended.
        var subscription = 0
    }

    private struct Subscription: Sendable {
        var number: Int
        var events: AsyncStream<LiveEvent>
    }

    private let state = Mutex(State())
    private let subscriptions: AsyncStream<Subscription>
    private let begin: AsyncStream<Subscription>.Continuation

    init() {
        (subscriptions, begin) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What changes from now on reaches the stream.
    func add(_ stream: EventStream) {
        let subscription = state.withLock { state -> Subscription? in
            state.streams[ObjectIdentifier(stream)] = stream
            return state.streams.count == 1 ? subscribe(&state) : nil
        }
        if let subscription { begin.yield(subscription) }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    private func subscribe(_ state: inout State) -> Subscription? {
        guard let surface = state.surface else { return nil }
        state.subscription += 1
        return Subscription(number: state.subscription, events: surface.events())
    }

    /// Runs until it is cancelled.
    func run(_ surface: any ControlSurface) async {
        let early = state.withLock { state in
            state.surface = surface
            return state.streams.isEmpty ? nil : subscribe(&state)
        }
        if let early { begin.yield(early) }
        for await subscription in subscriptions { await pass(subscription) }
    }

    private func pass(_ subscription: Subscription) async {
        for await event in subscription.events {
            let listeners = listeners(of: subscription)
            if listeners.isEmpty { return }
            EventHub.send(event, to: listeners)
        }
        // We fell behind and have missed something, so everybody has: they fetch anew when they connect again.
        for stream in takeListeners(of: subscription) { stream.close() }
    }

    /// Takes everybody off the list at once: whoever comes while the others are still being closed is the first again, and
    /// gets a new subscription.
    private func takeListeners(of subscription: Subscription) -> [EventStream] {
        state.withLock { state in
            guard state.subscription == subscription.number else { return [] }
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
    }

    /// Nobody once a later subscription has begun.
    private func listeners(of subscription: Subscription) -> [EventStream] {
        state.withLock { $0.subscription == subscription.number ? Array($0.streams.values) : [] }
    }

    private static func send(_ event: LiveEvent, to listeners: [EventStream]) {
        let data = EventHub.data(of: event)
        let frame = event.name.withContiguousUTF8 { StreamFrame.event($0, data: data) }
        for stream in listeners { stream.send(frame) }
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

extension String {
    fileprivate func withContiguousUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var copy = self
        return copy.withUTF8(body)
    }
}
