import NIOCore
import NIOHTTP1
import NIOPosix

/// The load on one target. Everything in it happens on one event loop.
final class TargetLoad {
    private static let mostIdle = 32
    private static let customers = 1000

    let name: String
    private let index: Int
    private let address: SocketAddress
    private let settings: LoadGenerator.Settings
    private let tally: Tally
    private let loop: any EventLoop
    private let started: NIODeadline
    private var number = 0
    private var openRequests = 0
    private var isStopped = false
    /// The one used last is taken first: it is the one that the server is least likely to have closed.
    private var idle: [Connection] = []

    init(
        index: Int, name: String, address: SocketAddress, settings: LoadGenerator.Settings, tally: Tally,
        loop: any EventLoop, of count: Int
    ) {
        self.index = index
        self.name = name
        self.address = address
        self.settings = settings
        self.tally = tally
        self.loop = loop
        // Spread, so that the targets do not get their requests at the same instant.
        let offset = Double(index) / Double(count) / settings.rate
        started = .now() + .nanoseconds(Int64(offset * 1e9))
    }

    /// Sends every request that is due, however late the answers to earlier ones are, and comes back for the next.
    func run() {
        while !isStopped {
            let due = started + .nanoseconds(Int64(Double(number) / settings.rate * 1e9))
            guard due <= .now() else {
                loop.assumeIsolated().scheduleTask(deadline: due) { [self] in run() }
                return
            }
            request(due: due)
            number += 1
        }
    }

    /// Sends no more; open requests go on.
    func stop() { isStopped = true }

    func closeIdle() {
        for connection in idle { connection.close() }
    }

    /// Counts an outcome; `reusable` may serve a further request.
    func finish(_ outcome: Outcome, _ reusable: Connection?) {
        openRequests -= 1
        tally.add(outcome, to: index)
        guard let reusable else { return }
        if idle.count < TargetLoad.mostIdle { idle.append(reusable) } else { reusable.close() }
    }

    func forget(_ connection: Connection) {
        idle.removeAll { $0 === connection }
    }

    private func request(due: NIODeadline) {
        guard openRequests < settings.mostOpen else { return tally.unsent(index) }
        openRequests += 1
        tally.sent(index)
        let keepAlive = number.isMultiple(of: 2)
        let path = settings.paths[number / 2 % settings.paths.count]
        // Each target has customers of its own, who come back again and again.
        let customer = index * TargetLoad.customers + number &* 7919 % TargetLoad.customers
        while idle.last?.isClosedByServer ?? false { idle.removeLast().close() }
        if keepAlive, let connection = idle.popLast() {
            connection.send(path: path, customer: customer, keepAlive: true, due: due, timeout: settings.timeout)
        } else {
            connect { [self] connection in
                connection.send(
                    path: path, customer: customer, keepAlive: keepAlive, due: due, timeout: settings.timeout)
            }
        }
    }

    private func connect(_ use: @escaping (Connection) -> Void) {
        ClientBootstrap(group: loop)
            .connectTimeout(settings.timeout)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { [self] result in
                do {
                    let channel = try result.get()
                    let connection = Connection(target: self)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(connection)
                    use(connection)
                } catch {
                    finish(.transport(describe(error)), nil)
                }
            }
    }
}
