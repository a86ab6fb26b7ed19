import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Serves the shop: takes the socket, says when it is ready, and stops without losing a request.
final class Server: Sendable {
    let options: Options
    let shop: Shop
    private let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let acceptors = Mutex<[Acceptor]>([])
    private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(options: Options, shop: Shop) {
        self.options = options
        self.shop = shop
    }

    /// Returns once it serves.
    ///
    /// On an inherited socket nothing is accepted before the shop is ready: until then the predecessor answers, or the
    /// requests wait in the socket's queue. A port of its own answers at once, 503 while it is not ready.
    func start() async throws {
        let inherited = ListeningSocket.inherited()
        // The agent may ask from the beginning: it gets 503 until the shop is ready.
        if let probes = ListeningSocket.forProbes() { try listen(on: probes, "a socket for probes") }
        if inherited == nil {
            guard let port = options.port else {
                throw Mistake(description: "no socket was inherited (LISTEN_FDS, LISTEN_PID) and no --port given")
            }
            try listen(on: ListeningSocket.open(address: options.address, port: port), "its own socket")
        }
        shop.watchFaults(on: loops.next())
        try await Task.sleep(for: shop.warmUp)
        // Ready first: users reach the inherited socket from the moment that this process accepts on it.
        shop.becomeReady()
        if let inherited { try listen(on: inherited, "an inherited socket") }
        notify("READY=1\nSTATUS=serving \(shop.version)")
    }

    /// Stops in the order in which nothing is lost while a successor serves on the same socket.
    func stop() async {
        notify("STOPPING=1")
        say("stopping: answering with 'Connection: close' for \(options.lameDuck)")
        // 1. Lame duck: clients with open connections learn from an answer that they should make a new one, which the
        //    successor may get. Closing idle connections now would break requests that are just being sent on them.
        try? await Task.sleep(for: options.lameDuck)
        // 2. Stop accepting.
        let accepting = acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
        }
        for acceptor in accepting { await acceptor.stop() }
        // 3. Connections that were accepted a moment ago get the time to send their request.
        try? await Task.sleep(for: .milliseconds(300))
        // 4. Idle connections are closed, busy ones after their answer.
        let open = connections.withLock { Array($0.values) }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(FinishUp()) }
        for channel in open { try? await channel.closeFuture.get() }
    }

    private func listen(on descriptor: Int32, _ origin: String) throws {
        say("version \(shop.version) on \(ListeningSocket.place(of: descriptor)) (\(origin))")
        let acceptor = try Acceptor(descriptor, on: loops.next()) { [self] connection in
            // Waited for, so that under load connections stay in the socket's queue, where a successor can take them.
            _ = try? ClientBootstrap(group: loops)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try self.serve(channel, connection) }
                }
                .withConnectedSocket(connection)
                .wait()
        }
        acceptors.withLock { $0.append(acceptor) }
    }

    private func serve(_ channel: any Channel, _ descriptor: Int32) throws {
        let key = ObjectIdentifier(channel)
        connections.withLock { $0[key] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            _ = connections.withLock { $0.removeValue(forKey: key) }
        }
        let pipeline = channel.pipeline.syncOperations
        // With pipelining assistance the handler sees one request at a time.
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: false)
        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(75)))
        try pipeline.addHandler(RequestHandler(shop: shop, descriptor: descriptor))
    }
}
