import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Runtimes
import Supervision
import Synchronization
import Values

/// Asks an instance something by HTTP, and makes sure that it is this very instance that answers.
///
/// With a shared listening socket a connection may be accepted by the instance's predecessor or successor. So it goes
/// through the instance's private socket when the program accepts there: nobody else has that one. Otherwise, before anything
/// is sent, the kernel is asked which process has accepted the connection.
final class InstanceClient: Sendable {
    struct Answer: Hashable, Sendable {
        var status: Int
        var body: [UInt8]
        var contentType = ""
    }

    enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case noAddress
        case connect(String)
        /// Only other instances accepted the connection.
        case notThisInstance
        /// Nobody accepted the connection.
        case notAccepted
        /// Somebody accepted it, and this host does not tell who.
        case unknownOwner
        case timeout
        case tooLarge(Int)
        case closed

        var description: String {
            switch self {
            case .noAddress: return "the service has no run.listen to be asked at"
            case .connect(let reason): return reason
            case .notThisInstance: return "another instance answered"
            case .notAccepted: return "it accepts no connection"
            case .unknownOwner:
                return "this host does not tell whether it or another instance answered; let the program accept at "
                    + "HALCYON_PROBE_FD too, or run the agent as root"
            case .timeout: return "no answer in time"
            case .tooLarge(let limit): return "the answer is larger than \(limit) bytes"
            case .closed: return "the connection was closed before the answer was complete"
            }
        }
    }

    /// OpenMetrics first: it says when counters started.
    static let accepted =
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"
    private let group: any EventLoopGroup
    /// How often an instance served, but not on its private socket. It may just have been starting; in the end it does not.
    private let misses = Mutex<[String: Int]>([:])
    private static let mostMisses = 3
    private static let privateTime = Period.milliseconds(250)
    private static let sharedTime = Period.milliseconds(200)
    private static let sharedAttempts = 8
    /// How long it may take to learn that an instance is not to be reached.
    static let reachTime = privateTime + sharedTime * Int64(sharedAttempts)

    init(group: any EventLoopGroup) {
        self.group = group
    }

    func forget(_ instance: String) { misses.withLock { $0[instance] = nil } }

    /// - Parameter isAlone: whether no other instance of the service runs, now.
    func get(
        _ running: RunningInstance, path: String, timeout: Period, limit: Int, isAlone: () -> Bool
    ) async throws(Failure) -> Answer {
        let (connection, way) = try await reach(running, timeout: timeout, isAlone: isAlone)
        let host = running.record.address?.description ?? "localhost"
        let id = running.record.instance.id
        let answer: Answer
        do throws(Failure) {
            answer = try await exchange(connection, host: host, path, timeout, limit)
        } catch {
            // The kernel did not say whether anybody was there.
            if way == .untold, error == .timeout { misses.withLock { $0[id, default: 0] += 1 } }
            throw error
        }
        misses.withLock { $0[id, default: 0] += way == .privately || way == .untold ? -1 : 1 }
        // Nobody looked who had accepted. If a successor has come meanwhile, it may have been that one.
        if way == .unseen, !isAlone() { throw .notThisInstance }
        return answer
    }

    /// A connection that this instance has accepted. With nobody else about, one that was merely made is good enough.
    func connect(
        _ running: RunningInstance, timeout: Period, isAlone: () -> Bool
    ) async throws(Failure) -> ProbeConnection {
        try await reach(running, timeout: timeout, isAlone: isAlone).connection
    }

    /// How a connection came to this instance.
    private enum Way {
        case privately
        /// Made to its private socket, on a host that does not tell whether it was accepted.
        case untold
        /// The kernel says that this instance has accepted it, or nobody else could.
        case seen
        /// Made while no other instance ran; who accepts it was not looked at.
        case unseen
    }

    private func reach(
        _ running: RunningInstance, timeout: Period, isAlone: () -> Bool
    ) async throws(Failure) -> (connection: ProbeConnection, way: Way) {
        let record = running.record
        let missed = misses.withLock { $0[record.instance.id] ?? 0 }
        if let port = record.probePort, missed < InstanceClient.mostMisses {
            let connection = try open(ListenAddress(host: "127.0.0.1", port: port))
            // Only this instance and its children have that socket: whoever accepts is the right one.
            switch await acceptance(within: InstanceClient.privateTime, { connection.isAccepted }) {
            case true: return (connection, .privately)
            case nil: return (connection, .untold)
            case false: break
            }
        }
        guard let address = record.address?.reachable else { throw .noAddress }
        if record.probePort == nil || isAlone() {
            let connection = try open(address)
            try await established(connection, address, timeout)
            return (connection, record.probePort == nil ? .seen : .unseen)
        }
        return (try await accepted(by: running, at: address), .seen)
    }

    private func open(_ address: ListenAddress) throws(Failure) -> ProbeConnection {
        do throws(SystemError) {
            return try ProbeConnection(to: address)
        } catch {
            throw .connect(error.description)
        }
    }

    /// Connections that others accept are kept open until the end, so that they are not offered the next one too.
    private func accepted(by running: RunningInstance, at address: ListenAddress) async throws(Failure)
        -> ProbeConnection
    {
        var others: [ProbeConnection] = []
        var (isAccepted, isUnknown) = (false, false)
        for _ in 0..<InstanceClient.sharedAttempts {
            let connection = try open(address)
            switch await owner(of: connection, running) {
            case .wanted: return connection
            case .another: isAccepted = true
            case .unknown: isUnknown = true
            case .nobody: break
            }
            others.append(connection)
        }
        withExtendedLifetime(others) {}
        throw isUnknown ? .unknownOwner : isAccepted ? .notThisInstance : .notAccepted
    }

    /// Waits until it is accepted: `true`; `false` when nobody did in time, and `nil` when the kernel does not say.
    private func acceptance(within limit: Period, _ isAccepted: () -> Bool?) async -> Bool? {
        let deadline = monotonicTime() + limit
        while !Task.isCancelled {
            guard let accepted = isAccepted() else { return nil }
            if accepted || monotonicTime() >= deadline { return accepted }
            await pause(.milliseconds(5))
        }
        return false
    }

    private func owner(of connection: ProbeConnection, _ running: RunningInstance) async -> ProbeConnection.Owner {
        switch await acceptance(within: InstanceClient.sharedTime, { connection.isAccepted }) {
        case nil: return .unknown
        case false: return .nobody
        case true: return connection.owner(among: running.processes)
        }
    }

    private func established(
        _ connection: ProbeConnection, _ address: ListenAddress, _ timeout: Period
    ) async throws(Failure) {
        let deadline = monotonicTime() + timeout
        while !connection.isEstablished {
            let code = connection.failure
            if code != 0 { throw .connect(SystemError("connecting to \(address)", code: code).description) }
            if monotonicTime() >= deadline || Task.isCancelled { throw .timeout }
            await pause(.milliseconds(2))
        }
    }

    private func exchange(
        _ connection: ProbeConnection, host: String, _ path: String, _ timeout: Period, _ limit: Int
    ) async throws(Failure) -> Answer {
        let loop = group.next()
        let promise = loop.makePromise(of: Answer.self)
        let request = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path.hasPrefix("/") ? path : "/\(path)",
            headers: [
                "Host": host, "User-Agent": "halcyon-agent", "Connection": "close",
                "Accept": InstanceClient.accepted,
            ])
        let socket = connection.duplicate()
        guard socket >= 0 else { throw .connect("out of descriptors") }
        do {
            let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise: promise, limit: limit))
                }
            }.withConnectedSocket(socket).get()
            let late = loop.scheduleTask(in: .milliseconds(timeout.milliseconds)) { promise.fail(Failure.timeout) }
            channel.write(HTTPClientRequestPart.head(request), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            defer {
                late.cancel()
                channel.close(promise: nil)
            }
            return try await promise.futureResult.get()
        } catch let failure as Failure {
            throw failure
        } catch {
            promise.fail(Failure.closed)
            throw .connect("\(error)")
        }
    }
}

/// Collects one answer, up to a limit.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<InstanceClient.Answer>
    private let limit: Int
    private var answer = InstanceClient.Answer(status: 0, body: [])

    init(promise: EventLoopPromise<InstanceClient.Answer>, limit: Int) {
        self.promise = promise
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer.status = Int(head.status.code)
            answer.contentType = head.headers.first(name: "content-type") ?? ""
        case .body(let buffer):
            answer.body.append(contentsOf: buffer.readableBytesView)
            if answer.body.count > limit { promise.fail(InstanceClient.Failure.tooLarge(limit)) }
        case .end: promise.succeed(answer)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(InstanceClient.Failure.connect("\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(InstanceClient.Failure.closed)
    }
}
