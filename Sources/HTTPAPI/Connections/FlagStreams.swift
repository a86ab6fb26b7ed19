import Flags
import NIOCore
import Ports
import Synchronization

/// Every SDK's stream of every environment: each set is encoded once, however many listen.
final class FlagStreams: Sendable {
    private let environments = Mutex<[String: EnvironmentStreams]>([:])

    /// The stream gets the present set at once, and every later one.
    func add(_ stream: EventStream, to feed: any FlagFeed) {
        let streams = environments.withLock { environments in
            // An environment that was deleted and made anew has another feed.
            if let known = environments[feed.name], known.feed === feed { return known }
            let fresh = EnvironmentStreams(feed)
            environments[feed.name] = fresh
            return fresh
        }
        streams.add(stream)
        stream.whenEnded { stream in streams.remove(stream) }
    }
}

/// The SDKs' streams of one environment.
private final class EnvironmentStreams: FlagSink {
    private struct State {
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// The newest set as an event, and which set that is.
        var frame = ByteBuffer()
        var etag: String?
    }

    let feed: any FlagFeed
    private let state = Mutex(State())

    init(_ feed: any FlagFeed) {
        self.feed = feed
        feed.subscribe(self)
    }

    func add(_ stream: EventStream) {
        // Under the lock: no set can come between the one that is sent now and the next one.
        state.withLock { state in
            state.streams[ObjectIdentifier(stream)] = stream
            stream.send(EnvironmentStreams.frame(of: feed.cell.snapshot, &state))
        }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    func published(_ change: FlagChange) {
        state.withLock { state in
            guard !state.streams.isEmpty else { return }
            let frame = EnvironmentStreams.frame(of: change.snapshot, &state)
            for stream in state.streams.values { stream.send(frame) }
        }
    }

    private static func frame(of snapshot: FlagSnapshot, _ state: inout State) -> ByteBuffer {
        if state.etag != snapshot.etag {
            state.frame = StreamFrame.event("flags", id: snapshot.etag, data: snapshot.syncPayload)
            state.etag = snapshot.etag
        }
        return state.frame
    }
}
