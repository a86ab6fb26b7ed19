import Flags
import NIOCore
import Ports
import Synchronization

/// Every SDK's stream of every environment: each set is encoded once, however many listen.
final class FlagStreams: Sendable {
    private let environments = Mutex<[String: EnvironmentStreams]>([:])

    /// The stream gets the present set at once, unless it knows it, and every later one.
    func add(_ stream: EventStream, to feed: any FlagFeed, knows etag: String?, on eventLoop: any EventLoop) {
        let streams = environments.withLock { environments in
            // An environment that was deleted and made anew has another feed.
            if let known = environments[feed.name], known.feed === feed { return known }
            let fresh = EnvironmentStreams(feed, eventLoop) { [weak self] streams in self?.forget(streams) }
            environments[feed.name] = fresh
            return fresh
        }
        streams.start()
        streams.add(stream, knows: etag)
        stream.whenEnded { stream in streams.remove(stream) }
    }

    private func forget(_ streams: EnvironmentStreams) {
        environments.withLock { environments in
            if environments[streams.feed.name] === streams { environments[streams.feed.name] = nil }
        }
    }
}

/// The SDKs' streams of one environment.
private final class EnvironmentStreams: FlagSink {
    private struct State {
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// The newest set as an event, and which set that is.
        var frame = ByteBuffer()
        var etag: String?
        /// Whether a set was sent less than `pause` ago.
        var isPausing = false
        /// Whether another one has come since.
        var isWaiting = false
        var isSubscribed = false
        var isEnded = false
    }

    let feed: any FlagFeed
    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    /// Sets that come closer together than this are sent as one.
    private static let pause = TimeAmount.milliseconds(50)

    private let whenEnded: @Sendable (EnvironmentStreams) -> Void

    init(_ feed: any FlagFeed, _ eventLoop: any EventLoop, whenEnded: @escaping @Sendable (EnvironmentStreams) -> Void)
    {
        self.feed = feed
        self.eventLoop = eventLoop
        self.whenEnded = whenEnded
    }

    /// Begins to listen, when nobody has yet: the environment may be deleted at this moment, and says so at once then.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isSubscribed = true }
            return !state.isSubscribed
        }
        if isFirst { feed.subscribe(self) }
    }

    func add(_ stream: EventStream, knows etag: String?) {
        // Under the lock: no set can come between the one that is sent now and the next one.
        let isEnded = state.withLock { state in
            if state.isEnded { return true }
            state.streams[ObjectIdentifier(stream)] = stream
            let current = feed.cell.snapshot
            let isKnown = etag == current.etag
            let frame =
                isKnown
                ? StreamFrame.event("current", id: current.etag, data: Array("{}".utf8))
                : EnvironmentStreams.frame(of: current, &state)
            stream.send(frame, replacing: EnvironmentStreams.subject)
            return false
        }
        if isEnded { stream.close() }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    func published(_ change: FlagChange) {
        state.withLock { state in
            guard !state.streams.isEmpty else { return }
            if state.isPausing {
                state.isWaiting = true
            } else {
                tell(&state)
            }
        }
    }

    private func tell(_ state: inout State) {
        state.isPausing = true
        let frame = EnvironmentStreams.frame(of: feed.cell.snapshot, &state)
        for stream in state.streams.values { stream.send(frame, replacing: EnvironmentStreams.subject) }
        eventLoop.scheduleTask(in: EnvironmentStreams.pause) { self.afterPause() }
    }

    private func afterPause() {
        state.withLock { state in
            state.isPausing = false
            guard state.isWaiting else { return }
            state.isWaiting = false
            tell(&state)
        }
    }

    /// Who has not read a set yet is spared all but the newest.
    private static let subject = "flags"

    func ended() {
        let streams = state.withLock { state in
            state.isEnded = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.close() }
        whenEnded(self)
    }

    private static func frame(of snapshot: FlagSnapshot, _ state: inout State) -> ByteBuffer {
        if state.etag != snapshot.etag {
            state.frame = StreamFrame.event("flags", id: snapshot.etag, data: snapshot.syncPayload)
            state.etag = snapshot.etag
        }
        return state.frame
    }
}
