import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Wire

/// The listening socket of a port, and its connections.
final class RPCServer: Sendable {
    private let parts: PortParts
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: RPCLoop]

    init(parts: PortParts, group: MultiThreadedEventLoopGroup) {
        self.parts = parts
        self.group = group
        var loops: [ObjectIdentifier: RPCLoop] = [:]
        for loop in group.makeIterator() { loops[ObjectIdentifier(loop)] = RPCLoop(eventLoop: loop, parts: parts) }
        self.loops = loops
    }

    func listen(host: String, port: Int, option: String, tls: NIOSSLContext?) async throws -> any Channel {
        for loop in loops.values { loop.start() }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A peer that is gone without a word: noticed while something is on its way to it, and by probes while not.
            .childChannelOption(RPCServer.userTimeout, value: 60_000)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in self.open(channel, tls: tls) }
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch {
            for loop in loops.values { _ = loop.closeAll() }
            throw RPCServer.cannotListen(host: host, port: port, option: option, error)
        }
    }

    private static let userTimeout = ChannelOptions.Types.SocketOption(
        level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT))

    private func open(_ channel: any Channel, tls: NIOSSLContext?) -> EventLoopFuture<Void> {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)], parts.connections.opened() else {
            return channel.close()
        }
        let connections = parts.connections
        channel.closeFuture.whenComplete { _ in connections.closed() }
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            try pipeline.addHandler(Greeting(loop: loop))
        }
    }

    /// Stops accepting, says farewell, and closes what is left after `seconds`.
    func stop(_ listener: any Channel, within seconds: Int) async {
        try? await listener.close().get()
        for loop in loops.values { loop.beginClosing() }
        var checksLeft = seconds * 20
        while parts.connections.count > 0, checksLeft > 0 {
            checksLeft -= 1
            try? await listener.eventLoop.scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
        }
        for loop in loops.values { try? await loop.closeAll().get() }
    }

    private static func cannotListen(host: String, port: Int, option: String, _ error: any Error) -> Problem {
        let place = "\(host):\(port)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            return Problem(
                .conflict, "cannot listen on \(place): the port is in use by another process",
                hint: "Choose another with \(option) \(host):\(port + 1), leave it out with \(option) off, "
                    + "or see who has it: ss -ltnp 'sport = :\(port)'")
        case EACCES:
            return Problem(
                .invalid, "cannot listen on \(place): no permission for this port",
                hint: "Ports below 1024 need CAP_NET_BIND_SERVICE; choose another with \(option).")
        case EADDRNOTAVAIL:
            return Problem(
                .invalid, "cannot listen on \(place): this machine does not have the address",
                hint: "See its addresses with: ip address")
        default:
            return Problem(.invalid, "cannot listen on \(place): \(error)", hint: "Use \(option) ADDRESS:PORT.")
        }
    }
}
