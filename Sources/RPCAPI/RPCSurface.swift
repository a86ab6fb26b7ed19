public import Logging
import NIOCore
import NIOPosix
public import NIOSSL
public import Ports
public import ServiceLifecycle
public import Values
import Wire

/// One of flagd's two ports.
///
/// Ends when its task group shuts down gracefully: clients are told to go elsewhere, streams end, and connections get
/// `drainSeconds` to read what is on its way.
public struct RPCSurface: Service {
    /// What is served.
    public enum Kind: Sendable {
        /// `flagd.evaluation.v1` and `.v2`, and `schema.v1`: answers to single questions.
        case evaluation
        /// `flagd.sync.v1` and `sync.v1`: whole flag sets, for clients that evaluate by themselves.
        case sync

        /// The option of `halcyon server` that says where.
        public var option: String { self == .evaluation ? "--flagd" : "--flagd-sync" }
    }

    let kind: Kind
    let configuration: RPCConfiguration
    let gateway: any FlagGateway
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    public init(
        _ kind: Kind, configuration: RPCConfiguration, gateway: any FlagGateway, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.kind = kind
        self.configuration = configuration
        self.gateway = gateway
        self.logger = logger
        self.clock = clock
    }

    /// Serves until the graceful shutdown, or until it is cancelled.
    ///
    /// - Throws: `Problem` when it cannot listen: a port in use, an address that is not this machine's.
    public func run() async throws {
        let methods: RPCMethods = kind == .evaluation ? .evaluation : .sync
        let parts = PortParts(
            methods: methods, gateway: gateway, descriptors: .all, clock: clock,
            connections: ConnectionCount(maximum: configuration.maximumConnections))
        let server = RPCServer(parts: parts, group: .singletonMultiThreadedEventLoopGroup)
        let listener = try await server.listen(
            host: configuration.host, port: configuration.port, option: kind.option, tls: configuration.tls)
        let port = listener.localAddress?.port ?? configuration.port
        logger.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(port)", "for": "\(kind)"])
        configuration.onListening?(port)
        let isGraceful = await waitForEnd()
        await server.stop(listener, within: isGraceful ? configuration.drainSeconds : 0)
    }

    /// - Returns: Whether the end is a graceful one.
    private func waitForEnd() async -> Bool {
        do {
            try await gracefulShutdown()
            return true
        } catch {
            return false
        }
    }
}

/// Where and how one of flagd's ports listens.
public struct RPCConfiguration: Sendable {
    public var host: String
    /// 0 takes any free port; `onListening` says which.
    public var port: Int
    /// With ALPN for `h2` and `http/1.1`; `nil` for plain text.
    public var tls: NIOSSLContext?
    /// Connections beyond this are closed at once.
    public var maximumConnections: Int
    /// How long connections may go on, in seconds, once the server is told to end.
    public var drainSeconds: Int
    /// Called once, with the port, when connections are accepted.
    public var onListening: (@Sendable (Int) -> Void)?

    public init(
        host: String, port: Int, tls: NIOSSLContext? = nil, maximumConnections: Int = 20_000, drainSeconds: Int = 10,
        onListening: (@Sendable (Int) -> Void)? = nil
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.maximumConnections = maximumConnections
        self.drainSeconds = drainSeconds
        self.onListening = onListening
    }
}
