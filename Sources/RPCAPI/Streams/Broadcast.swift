import Flags
import NIOCore
import Ports
import Synchronization

/// Where the changes of one environment reach the streams of one event loop: one hop for all of them.
///
/// `@unchecked Sendable`: everything but `inbox` and the constants is touched only on the event loop.
final class Broadcast: FlagSink, @unchecked Sendable {
    let feed: any FlagFeed
    private let loop: RPCLoop
    private var events: [ObjectIdentifier: OpenStream] = [:]
    private var syncs: [ObjectIdentifier: OpenStream] = [:]
    /// What the next stream begins with.
    private(set) var latest: ChangeNews

    /// Changes on their way to the loop, as one.
    private struct Pending: Sendable {
        var changes: [String: FlagChangeKind]
    }
    private let inbox = Mutex<Pending?>(nil)

    init(feed: any FlagFeed, loop: RPCLoop) {
        self.feed = feed
        self.loop = loop
        latest = ChangeNews(feed.cell.snapshot, [:], source: feed.name)
    }

    /// Listens from now on. What is published while it begins is in `latest`, or is told later, or both.
    func begin() {
        feed.subscribe(self)
        latest = ChangeNews(feed.cell.snapshot, [:], source: feed.name)
    }

    func add(_ stream: OpenStream, events isEvents: Bool) {
        let id = ObjectIdentifier(stream)
        if isEvents { events[id] = stream } else { syncs[id] = stream }
        if !isEvents { feed.tookAll() }
        stream.whenEnded = { [self] in
            events[id] = nil
            syncs[id] = nil
            if events.isEmpty, syncs.isEmpty { loop.forget(self) }
        }
    }

    func published(_ change: FlagChange) {
        let isFirst = inbox.withLock { inbox in
            let isFirst = inbox == nil
            let changes = Dictionary(change.changed.map { ($0.key, $0.kind) }, uniquingKeysWith: ChangeNews.both)
            inbox = Pending(
                changes: inbox.map { $0.changes.merging(changes, uniquingKeysWith: ChangeNews.both) } ?? changes)
            return isFirst
        }
        if isFirst { loop.eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let pending = inbox.withLock { inbox in
            defer { inbox = nil }
            return inbox
        }
        guard let pending else { return }
        // The newest set there is: never one that is older than what a stream began with.
        latest = ChangeNews(feed.cell.snapshot, pending.changes, source: feed.name)
        if !latest.changes.isEmpty { for stream in Array(events.values) { stream.offer(.changed(latest)) } }
        for stream in Array(syncs.values) { stream.offer(.flags(latest)) }
    }

    func ended() {
        loop.eventLoop.execute {
            let status = RPCStatus(.notFound, "the environment '\(self.feed.name)' was deleted")
            for stream in Array(self.events.values) + Array(self.syncs.values) { stream.end(status) }
            (self.events, self.syncs) = ([:], [:])
            self.loop.forget(self)
        }
    }

    /// A sign of life on event streams; those whose token was revoked meanwhile end.
    func keepAlive() {
        for stream in Array(events.values) + Array(syncs.values) {
            guard let mayStay = stream.mayStay, !mayStay() else { continue }
            stream.end(RPCStatus(.unauthenticated, "the token is no longer valid, or no longer opens this environment"))
        }
        for stream in Array(events.values) { stream.offer(.keepAlive) }
        if !syncs.isEmpty { feed.tookAll() }
    }
}
