import Flags
import Logging
import NIOCore
import Ports
import Synchronization
import Values

/// A connection as its event loop sees it.
protocol RPCConnection: AnyObject {
    /// Ends a connection that has been silent, or has not read, for too long.
    func look(at now: NIODeadline)
    /// No new calls: ends streams with a farewell, and the connection after its last answer.
    func beginClosing()
    func closeNow()
}

/// What all connections of a port share.
struct PortParts: Sendable {
    var methods: RPCMethods
    var gateway: any FlagGateway
    var descriptors: DescriptorSet
    var clock: @Sendable () -> Timestamp
    var connections: ConnectionCount
}

/// What the connections of one event loop share.
///
/// `@unchecked Sendable`: everything but `parts` is touched only on `eventLoop`.
final class RPCLoop: @unchecked Sendable {
    let eventLoop: any EventLoop
    let parts: PortParts
    /// Renewed with every look at the connections.
    private(set) var now = NIODeadline.now()
    private(set) var isClosing = false
    private var connections: [ObjectIdentifier: any RPCConnection] = [:]
    private var timers: [RepeatedTask] = []
    /// One for all calls: it keeps its memory.
    var context = BoundContext()
    var json = StructJSON()
    var answers: [ObjectIdentifier: KnownAnswers] = [:]
    private var broadcasts: [ObjectIdentifier: Broadcast] = [:]
    var watchers: [ObjectIdentifier: OpenStream] = [:]

    init(eventLoop: any EventLoop, parts: PortParts) {
        self.eventLoop = eventLoop
        self.parts = parts
    }

    /// From any thread.
    func start() {
        eventLoop.execute {
            let look = self.eventLoop.scheduleRepeatedTask(initialDelay: Limits.watch, delay: Limits.watch) { _ in
                self.now = .now()
                for connection in Array(self.connections.values) { connection.look(at: self.now) }
            }
            let keepAlive = self.eventLoop.scheduleRepeatedTask(
                initialDelay: Limits.keepAlive, delay: Limits.keepAlive
            ) { _ in
                for broadcast in self.broadcasts.values { broadcast.keepAlive() }
            }
            self.timers = [look, keepAlive]
        }
    }

    func add(_ connection: any RPCConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if isClosing { connection.beginClosing() }
    }

    func remove(_ connection: any RPCConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// From any thread: says farewell to all clients.
    func beginClosing() {
        eventLoop.execute {
            self.isClosing = true
            for watcher in Array(self.watchers.values) { watcher.offer(.health(.notServing)) }
            for connection in Array(self.connections.values) { connection.beginClosing() }
        }
    }

    /// From any thread: closes what is still open.
    func closeAll() -> EventLoopFuture<Void> {
        eventLoop.submit {
            self.isClosing = true
            for connection in Array(self.connections.values) { connection.closeNow() }
            for timer in self.timers { timer.cancel() }
            self.timers = []
        }
    }

    /// Whose flags a caller gets.
    func admit(_ head: CallHead, selector: String?) throws(RPCStatus) -> any FlagFeed {
        // Most of flagd's providers let a program set no metadata but the selector: the token may stand there.
        let (token, selector) = CallHead.divided(selector)
        switch parts.gateway.admit(token: head.token ?? token, selector: selector) {
        case .environment(let feed): return feed
        case .unauthenticated:
            throw RPCStatus(
                .unauthenticated,
                "a valid token is needed, as metadata 'authorization: Bearer TOKEN' or 'x-api-key: TOKEN', or as the selector "
                    + "'token=TOKEN'")
        case .forbidden: throw RPCStatus(.permissionDenied, "the token does not open this environment")
        case .unknownEnvironment(let name, let nearest):
            let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
            throw RPCStatus(.notFound, "there is no environment '\(name.prefix(100))'\(hint)")
        }
    }

    /// The place where an environment's changes come in for all streams of this loop; made with the first stream.
    func broadcast(_ feed: any FlagFeed) -> Broadcast {
        if let broadcast = broadcasts[ObjectIdentifier(feed)] { return broadcast }
        let broadcast = Broadcast(feed: feed, loop: self)
        broadcasts[ObjectIdentifier(feed)] = broadcast
        broadcast.begin()
        return broadcast
    }

    /// The last stream of an environment has ended.
    func forget(_ broadcast: Broadcast) {
        broadcasts[ObjectIdentifier(broadcast.feed)] = nil
        broadcast.feed.unsubscribe(broadcast)
    }
}

/// The parts of an environment's answers, as long as there is the environment.
struct KnownAnswers {
    weak var feed: (any FlagFeed)?
    let parts: AnswerParts
}

/// How many connections a port has.
final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// - Returns: false when there are too many already.
    func opened() -> Bool {
        if open.wrappingAdd(1, ordering: .relaxed).newValue <= maximum { return true }
        open.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }

    var count: Int { open.load(ordering: .relaxed) }
}
