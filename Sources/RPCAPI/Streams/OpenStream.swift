import NIOCore
import Ports

/// What a stream has to say.
enum StreamItem {
    case ready
    case keepAlive
    case changed(ChangeNews)
    case flags(ChangeNews)
    case health(HealthStatus)

    /// What is left to say when the first was not sent before the second came.
    static func merge(_ first: StreamItem, _ second: StreamItem) -> StreamItem {
        switch (first, second) {
        case (.changed(let older), .changed(let newer)): .changed(older.merged(with: newer))
        case (_, .keepAlive): first
        default: second
        }
    }
}

/// One call that is answered with messages until one side ends it. Confined to its event loop.
final class OpenStream {
    private let call: Call
    private weak var door: (any Door)?
    private let eventLoop: any EventLoop
    private var outlet = Outlet<StreamItem>()
    /// Called once, after the stream's end.
    var whenEnded: (() -> Void)?
    /// Whether the client may still listen: its token may be revoked while it does.
    var mayStay: (() -> Bool)?

    init(_ call: Call, _ door: any Door) {
        self.call = call
        self.door = door
        eventLoop = door.loop.eventLoop
    }

    func offer(_ item: StreamItem) {
        if let item = outlet.offer(item, merge: StreamItem.merge) { send(item) }
    }

    private func send(_ item: StreamItem) {
        guard let door else { return }
        let sent = eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess { [self] in
            if let next = outlet.sent() { send(next) }
        }
        door.send(bytes(item), on: call, sent: sent)
    }

    private func bytes(_ item: StreamItem) -> ByteBuffer {
        let json = call.dialect.json
        switch item {
        case .ready: return json ? EventMessage.readyJSON : EventMessage.readyProto
        case .keepAlive: return json ? EventMessage.keepAliveJSON : EventMessage.keepAliveProto
        case .changed(let news): return json ? news.eventJSON : news.eventProto
        case .flags(let news):
            if json { return news.flagsJSON }
            return call.method.generation == .legacy ? news.flagsLegacy : news.flagsProto
        case .health(let status): return Envelope.wrap(status.message(json: json))
        }
    }

    func end(_ status: RPCStatus) { door?.end(call, with: status) }

    func ended() {
        whenEnded?()
        whenEnded = nil
        mayStay = nil
    }
}

extension RPCLoop {
    /// Begins to answer a call that is a stream.
    func open(_ call: Call, _ message: ByteBuffer, at door: any Door) throws(RPCStatus) {
        guard !isClosing else { throw .shuttingDown }
        switch call.method.work {
        case .eventStream:
            guard let feed = call.feed else { throw .noEnvironment }
            _ = try RPCLoop.fields(call, message, [])
            let stream = begin(call, at: door)
            stream.mayStay = staying(call.head, call.head.selector, with: feed)
            // First it is known who listens: no change can be missed after "ready".
            broadcast(feed).add(stream, events: true)
            stream.offer(.ready)
        case .syncFlags:
            let (feed, selector) = try syncFeed(call, message)
            let stream = begin(call, at: door)
            stream.mayStay = staying(call.head, selector, with: feed)
            let broadcast = broadcast(feed)
            broadcast.add(stream, events: false)
            stream.offer(.flags(broadcast.latest))
        case .healthWatch:
            let service = try RPCLoop.fields(call, message, ["service"]).first ?? ""
            let stream = begin(call, at: door)
            watchers[ObjectIdentifier(stream)] = stream
            stream.whenEnded = { [self] in watchers[ObjectIdentifier(stream)] = nil }
            stream.offer(.health(knows(service: service) ? health : .serviceUnknown))
        default: throw RPCStatus(.internal, "the method is no stream")
        }
        setTimer(call, at: door)
    }

    /// Asks again, later, whether a caller may listen to an environment.
    private func staying(_ head: CallHead, _ selector: String?, with feed: any FlagFeed) -> () -> Bool {
        { [weak self] in
            guard let self, let present = try? self.admit(head, selector: selector) else { return false }
            return present === feed
        }
    }

    private func begin(_ call: Call, at door: any Door) -> OpenStream {
        call.timer?.cancel()
        call.timer = nil
        door.beginAnswer(call)
        let stream = OpenStream(call, door)
        call.stream = stream
        return stream
    }
}
