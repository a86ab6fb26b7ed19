import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The listening socket and its connections.
final class Server: Sendable {
    let hall: Hall
    private let endless: EndlessAnswers
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: LoopState]

    init(hall: Hall, endless: EndlessAnswers, group: MultiThreadedEventLoopGroup) {
        self.hall = hall
        self.endless = endless
        self.group = group
        let frames = StreamFrames()
        var loops: [ObjectIdentifier: LoopState] = [:]
        for loop in group.makeIterator() {
            loops[ObjectIdentifier(loop)] = LoopState(eventLoop: loop, frames: frames)
        }
        self.loops = loops
    }

    func listen(_ configuration: HTTPServerConfiguration, tls: TLSContext?, logger: Logger) async throws -> any Channel
    {
        for loop in loops.values { loop.start() }
        let maximum = Server.possibleConnections(configuration.maximumConnections, logger)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A peer that is gone without a word is noticed by its silence, not after the system's quarter of an hour.
            .childChannelOption(Server.userTimeout, value: 60_000)
            .childChannelInitializer { channel in
                self.open(
                    channel, tls: tls, maximum: maximum, perAddress: configuration.maximumConnectionsPerAddress)
            }
        do {
            return try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
        } catch {
            for loop in loops.values { _ = loop.closeAll() }
            throw Server.cannotListen(configuration, error)
        }
    }

    private static let userTimeout = ChannelOptions.Types.SocketOption(
        level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT))

    private func open(
        _ channel: any Channel, tls: TLSContext?, maximum: Int, perAddress: Int
    ) -> EventLoopFuture<Void> {
        let address = RemoteAddress(channel.remoteAddress)
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)],
            hall.counters.connectionOpened(from: address, maximum: maximum, perAddress: perAddress)
        else { return channel.close() }
        let counters = hall.counters
        channel.closeFuture.whenComplete { _ in counters.connectionClosed(from: address) }
        return channel.eventLoop.makeCompletedFuture {
            if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
            let door = FrontDoor(loop: loop, hall: self.hall)
            if let desk = self.hall.desk {
                let lane = FlagLane(loop: loop, desk: desk, counters: counters, isTLS: tls != nil, door: door)
                try channel.pipeline.syncOperations.addHandler(lane)
            }
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = Limits.headerFieldBytes
            limits.maxHeaderListSize = Limits.headerListBytes
            limits.maxHeaderFieldCount = Limits.headerCount
            // Headers of answers are our own, or were checked by HTTPTypes.
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            try channel.pipeline.syncOperations.addHandler(door)
        }
    }

    /// Stops accepting, lets go of streams and idle connections, and closes the rest after `seconds`.
    func stop(_ listener: any Channel, within seconds: Int, _ arrivals: AsyncStream<ColdConnections.Value>.Continuation)
    {
        listener.close(promise: nil)
        endless.endAll()
        for loop in loops.values { loop.beginClosing() }
        let end: @Sendable () -> Void = {
            let closed = self.loops.values.map { $0.closeAll() }
            EventLoopFuture.andAllComplete(closed, on: listener.eventLoop).whenComplete { _ in arrivals.finish() }
        }
        if seconds == 0 { return listener.eventLoop.execute(end) }
        waitUntilIdle(on: listener.eventLoop, checksLeft: seconds * 20, then: end)
    }

    private func waitUntilIdle(on loop: any EventLoop, checksLeft: Int, then end: @escaping @Sendable () -> Void) {
        if checksLeft == 0 || hall.counters.openConnections == 0 { return loop.execute(end) }
        loop.scheduleTask(in: .milliseconds(50)) { self.waitUntilIdle(on: loop, checksLeft: checksLeft - 1, then: end) }
    }

    /// Each connection is an open file; some are left for the store, artefacts and the rest of the process.
    private static func possibleConnections(_ wanted: Int, _ logger: Logger) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let files = Int(clamping: limit.rlim_cur)
        let possible = max(16, files - min(files / 4, 512))
        if possible < wanted {
            logger.notice(
                "fewer connections than configured: the process may not open more files",
                metadata: ["connections": "\(possible)", "configured": "\(wanted)", "openFiles": "\(files)"])
        }
        return min(wanted, possible)
    }

    private static func cannotListen(_ configuration: HTTPServerConfiguration, _ error: any Error) -> Problem {
        let place = "\(configuration.host):\(configuration.port)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            return Problem(
                .conflict, "cannot listen on \(place): the port is in use by another process",
                hint: "Choose another with --listen \(configuration.host):\(configuration.port + 1), "
                    + "or see who has it: ss -ltnp 'sport = :\(configuration.port)'")
        case EACCES:
            return Problem(
                .invalid, "cannot listen on \(place): no permission for this port",
                hint: "Ports below 1024 need CAP_NET_BIND_SERVICE; choose another with --listen.")
        case EADDRNOTAVAIL:
            return Problem(
                .invalid, "cannot listen on \(place): this machine does not have the address",
                hint: "See its addresses with: ip address")
        default:
            return Problem(.invalid, "cannot listen on \(place): \(error)", hint: "Use --listen ADDRESS:PORT.")
        }
    }
}
