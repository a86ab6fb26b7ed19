import Glibc
public import Logging
import NIOCore
import NIOPosix
public import Ports
public import ServiceLifecycle
import Wire

/// The HTTP port: Halcyon's API, the agents' streams, and the page.
///
/// Ends when its task group shuts down gracefully: streams are told to connect again, requests in progress get
/// `drainSeconds`, then everything is closed.
public struct HTTPSurface: Service {
    let configuration: HTTPServerConfiguration
    let surface: any ControlSurface
    let gateway: any AgentGateway
    let flags: (any FlagGateway)?
    let flagControl: (any FlagControl)?
    let metrics: (any MetricsKeeper)?
    let work: (any MetricsWork)?
    let artefacts: any ArtefactStore
    let site: any PageSite
    let logger: Logger

    /// - Parameter flags: who says which flags there are; `nil` for a server without flags.
    /// - Parameter flagControl: who manages them; `nil` when nobody does.
    /// - Parameter metrics: the metrics that are kept here; `nil` for a server without.
    /// - Parameter work: what brings metrics in by itself; `nil` when nothing does.
    public init(
        configuration: HTTPServerConfiguration, surface: any ControlSurface, gateway: any AgentGateway,
        flags: (any FlagGateway)? = nil, flagControl: (any FlagControl)? = nil,
        metrics: (any MetricsKeeper)? = nil, work: (any MetricsWork)? = nil, artefacts: any ArtefactStore,
        site: any PageSite, logger: Logger
    ) {
        self.configuration = configuration
        self.surface = surface
        self.gateway = gateway
        self.flags = flags
        self.flagControl = flagControl
        self.metrics = metrics
        self.work = work
        self.artefacts = artefacts
        self.site = site
        self.logger = logger
    }

    /// Serves until the graceful shutdown, or until it is cancelled.
    ///
    /// - Throws: `Problem` when it cannot listen: a port in use, an unreadable certificate, `--dev` beyond this machine.
    public func run() async throws {
        try checkDevAddress()
        let tls = try TLSContext(configuration)
        let (arrivals, arrival) = AsyncStream.makeStream(of: ColdConnections.Value.self)
        let server = makeServer(tls: tls, arrivals: arrival)
        let listener = try await server.listen(configuration, tls: tls, logger: logger)
        let port = listener.localAddress?.port ?? configuration.port
        logger.info(
            "listening", metadata: ["host": "\(configuration.host)", "port": "\(port)", "tls": "\(tls != nil)"])
        configuration.onListening?(port)

        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await serve(server, arrivals, port: port)
            } onCancel: {
                server.stop(listener, within: 0, arrival)
            }
        } onGracefulShutdown: {
            server.stop(listener, within: configuration.drainSeconds, arrival)
        }
    }

    private func serve(_ server: Server, _ arrivals: AsyncStream<ColdConnections.Value>, port: Int) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await server.hall.hub.run(surface) }
            if let metrics = server.hall.metrics { group.addTask { await metrics.queries.run() } }
            if let metrics, let every = configuration.ownMetricsEvery {
                let own = OwnScrape(
                    surface: surface, counters: server.hall.counters, metrics: metrics, every: every,
                    instance: "\(configuration.host):\(port)", logger: logger)
                group.addTask { await own.run() }
            }
            await withDiscardingTaskGroup { connections in
                for await connection in arrivals {
                    connections.addTask { await server.hall.colds.handle(value: connection, logger: logger) }
                }
            }
            group.cancelAll()
        }
        server.hall.desk?.close()
        await server.hall.samples.shutDown()
        await server.hall.metrics?.close()
    }

    private func makeServer(tls: TLSContext?, arrivals: AsyncStream<ColdConnections.Value>.Continuation) -> Server {
        let counters = ServerCounters()
        let endless = EndlessAnswers()
        let gate = Gate(gateway: gateway, dev: configuration.dev)
        let metricsDesk = metrics.map { MetricsDesk($0, serving: configuration.queries, work: work) }
        let responder = Responder(
            table: RouteTable(apiRoutes()), gate: gate,
            parts: Parts(
                surface: surface, flags: flagControl, metrics: metrics,
                metricsDesk: metricsDesk, artefacts: artefacts, site: site, counters: counters,
                endless: endless,
                dev: configuration.dev, isTLS: tls != nil, logger: logger))
        let colds = ColdConnections(isTLS: tls != nil) { request, writer, channel in
            try await responder.respond(request, writer, channel)
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let desk = flags.map { FlagDesk(gateway: $0, gate: gate, serving: configuration.flags, group: group) }
        let hall = Hall(
            gate: gate, desk: desk,
            metrics: metricsDesk,
            hub: EventHub(), counters: counters, isTLS: tls != nil, colds: colds,
            arrivals: arrivals)
        return Server(hall: hall, endless: endless, group: group)
    }

    private func checkDevAddress() throws(Problem) {
        guard configuration.dev, !Gate.isLoopback(configuration.host), configuration.host != "::1" else { return }
        throw Problem(
            .invalid,
            "--dev needs no credentials, so it listens on loopback addresses only, not on \(configuration.host)",
            hint: "Use --listen 127.0.0.1:\(configuration.port), or leave out --dev.")
    }
}
