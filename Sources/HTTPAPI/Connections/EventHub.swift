import Logging
import Ports
import Synchronization
import Wire

/// Passes what changes on to every watching browser and terminal: one subscription, each event encoded once.
final class EventHub: Sendable {
    private let streams = Mutex<[ObjectIdentifier: EventStream]>([:])

    func add(_ stream: EventStream) {
        streams.withLock { $0[ObjectIdentifier(stream)] = stream }
    }

    func remove(_ stream: EventStream) {
        _ = streams.withLock { $0.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    /// Runs until it is cancelled.
    func run(_ surface: any ControlSurface) async {
        while !Task.isCancelled {
            for await event in surface.events() { broadcast(event) }
            // We fell behind and have missed something, so everybody has: they fetch anew when they connect again.
            closeAll()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    func broadcast(_ event: LiveEvent) {
        let listeners = streams.withLock { Array($0.values) }
        guard !listeners.isEmpty else { return }
        let data = EventHub.data(of: event)
        let frame = event.name.withContiguousUTF8 { StreamFrame.event($0, data: data) }
        for stream in listeners { stream.send(frame) }
    }

    func closeAll() {
        for stream in streams.withLock({ Array($0.values) }) { stream.close() }
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
