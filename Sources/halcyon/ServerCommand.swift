import ArgumentParser
import Artefacts
import ControlPlane
import FlagRegistry
import FoundationEssentials
import Glibc
import HTTPAPI
import Logging
import NIOSSL
import Notifiers
import Ports
import ServiceLifecycle
import StoreSQLite
import UnixSignals
import Values
import Web
import WebProbes
import Wire

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Run the control plane.",
        discussion: """
            Everything is kept in one folder (--data). The first start makes an admin token, which is shown once, and a join
            token for agents; the command line on the same machine finds the server by itself.

            EXAMPLES:
              halcyon server --dev                                        loopback only, no tokens
              halcyon server --listen 0.0.0.0:8080 --tls-cert cert.pem --tls-key key.pem
              halcyon server --data /srv/halcyon --apply services/ --apply receivers.yaml
              halcyon server --rules rules/
              halcyon server --metrics-url http://prometheus:9090
              halcyon server --remote-write-url https://mimir.example.com/api/v1/push --remote-write-headers-file headers
              halcyon server --flags flags.json --flags staging=staging.yaml
            """)

    @Option(help: ArgumentHelp("Where everything is kept.", valueName: "folder"))
    var data: String = Defaults.dataFolder("server")

    @Option(help: ArgumentHelp("The address and port to listen on.", valueName: "host:port"))
    var listen = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "How clients reach it, when not by the address of --listen: a certificate knows the server by its name.",
            valueName: "url"))
    var publicUrl: String?

    @Option(help: ArgumentHelp("Where the state lives; this release knows the embedded store.", valueName: "sqlite"))
    var store = "sqlite"

    @Option(help: ArgumentHelp("Metrics are kept for so long; 0 for ever.", valueName: "time"))
    var metricsRetention = "15d"

    @Option(
        help: ArgumentHelp(
            "The oldest metrics are removed when all take more than this, such as 20GiB; 0 is no limit.",
            valueName: "size"))
    var metricsRetentionSize = "0"

    @Option(
        help: ArgumentHelp("How often the server keeps its own metrics; 0 for never.", valueName: "time"))
    var ownMetricsEvery = "15s"

    @OptionGroup(title: "Series of metrics") var seriesLimits: SeriesLimitOptions

    @OptionGroup(title: "Queries for metrics") var queries: QueryOptions

    @OptionGroup(title: "Metrics elsewhere") var remote: RemoteOptions

    @Option(help: ArgumentHelp("The certificate chain for TLS, PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key for TLS, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("A file or folder of documents to apply, and again when it changes.", valueName: "path"))
    var apply: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many connections one address may have open; agents behind one router share theirs.",
            valueName: "number"))
    var connectionsPerAddress = 20_000

    @Option(
        help: ArgumentHelp(
            "A flag file (flagd's JSON or YAML) to serve, and again when it changes; for another environment than "
                + "production ENVIRONMENT=FILE. It owns its flags: they are changed in the file only.",
            valueName: "file"))
    var flags: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where flagd's evaluation protocol is served (gRPC and Connect), or off.", valueName: "host:port"))
    var flagd = "127.0.0.1:8013"

    @Option(
        help: ArgumentHelp(
            "Where flagd's sync protocol is served, for providers that evaluate by themselves, or off.",
            valueName: "host:port"))
    var flagdSync = "127.0.0.1:8015"

    @Option(
        help: ArgumentHelp(
            "A Prometheus rule file, or a folder of them: its rules are evaluated, and read again when it changes or on SIGHUP.",
            valueName: "path"))
    var rules: [String] = []

    @Flag(help: "For a look around: no tokens, loopback addresses only.")
    var dev = false

    @Flag(help: "The store was restored from a backup: let its state count although agents have seen newer ones.")
    var acceptRestoredStore = false

    @Option(
        help: ArgumentHelp(
            "Flag evaluations by HTTP that each token, or each address without one, may ask for each second; without it any "
                + "number.", valueName: "number"))
    var flagRateLimit: Int?

    @Option(
        help: ArgumentHelp(
            "A web page's origin, such as https://shop.example, whose scripts may evaluate flags; * for every page. With "
                + "--dev, pages of this machine always may.", valueName: "origin"))
    var flagOrigin: [String] = []

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error.", valueName: "level"))
    var logLevel = "notice"

    func run() async throws {
        let logger = try makeLogger(label: "server", level: logLevel)
        let address = try ListenAddress(listen)
        try check(address)
        let flagdPorts = try FlagdPorts(evaluation: flagd, sync: flagdSync, dev: dev)
        // Before anything is opened: it may be wrong.
        _ = try KeptMetrics.options(
            retention: metricsRetention, size: metricsRetentionSize, limits: seriesLimits)
        _ = try queries.serving()
        _ = try (remote.backend(), remote.destinations(), remote.queueBytes(), remote.timeout())
        raiseFileLimit()
        let store = try await openStore()
        let clock = SteadyClock()
        let metrics: MetricsParts
        do {
            let kept = try KeptMetrics(
                folder: "\(data)/metrics", retention: metricsRetention, size: metricsRetentionSize,
                limits: seriesLimits, logger: logger)
            metrics = try await MetricsParts(
                data: data, kept: kept, options: remote, logger: logger, clock: { clock.now() })
        } catch {
            await store.close()
            throw error
        }
        let notifiers = Notifiers(release: Release.current)
        let prober = InstanceProber(release: Release.current)
        // Whatever ends the server, the store is closed and the notifiers' connections too.
        let ending: Result<Void, any Error>
        do {
            ending = .success(
                try await serve(
                    address, flagdPorts, store: store, metrics: metrics, notifiers: notifiers, prober: prober,
                    clock: clock, logger: logger))
        } catch {
            ending = .failure(error)
        }
        await notifiers.shutdown()
        await prober.shutdown()
        await metrics.close()
        await store.close()
        try ending.get()
    }

    private func serve(
        _ address: ListenAddress, _ flagdPorts: FlagdPorts, store: SQLiteStore, metrics: MetricsParts,
        notifiers: Notifiers, prober: InstanceProber, clock: SteadyClock, logger: Logger
    ) async throws {
        let ownPeriod = try self.ownPeriod
        let tls = try NIOSSLContext(certificatePath: tlsCert, keyPath: tlsKey, protocols: ["h2", "http/1.1"])
        let artefacts = InspectedArtefacts(
            try FileArtefactStore(directory: "\(data)/artefacts", limit: .mebibytes(4096)))
        let plane = try await ControlPlane(
            store: store, artefacts: artefacts, metrics: metrics.keeper, notifier: notifiers, prober: prober,
            settings: settings, logger: logger, clock: { clock.now() })
        let scheme = tlsCert == nil ? "http" : "https"
        try await greet(plane, address: address, scheme: scheme)
        let registry = try await FlagRegistry(
            store: store, journal: plane, access: plane, rollouts: plane, dev: dev, logger: logger,
            clock: { clock.now() })
        plane.connect(flags: registry)
        let flagFiles = try WatchedFlags.all(flags, of: registry, logger: logger)
        registry.watch(flagFiles.map { ($0.environment, $0.path) })
        // Nobody shall be answered before the files are in.
        for file in flagFiles { await file.watcher.look() }
        let site = Site(surface: plane, flags: registry)
        let serving = try queries.serving()
        let book = RuleBook(
            metrics: metrics.keeper,
            limits: RuleLimits(
                timeout: .milliseconds(serving.timeout), samples: serving.samples,
                lookback: .milliseconds(serving.lookback)),
            logger: logger, clock: { clock.now() })
        let surface = HTTPSurface(
            configuration: HTTPServerConfiguration(
                host: address.host, port: address.port, dev: dev, certificatePath: tlsCert, keyPath: tlsKey,
                maximumConnectionsPerAddress: connectionsPerAddress,
                flags: FlagServing(requestsPerSecond: flagRateLimit, origins: flagOrigin),
                queries: serving,
                ownMetricsEvery: ownPeriod == .zero ? nil : ownPeriod,
                onListening: { port in say("listening on \(scheme)://\(address.host):\(port)") }),
            surface: plane, gateway: plane, flags: registry, flagControl: registry, metrics: metrics.keeper,
            work: PlaneWork(plane: plane, book: book), artefacts: artefacts, site: site, logger: logger)
        var services: [any Service] = [metrics, PlaneService(plane: plane, registry: registry)]
        if !apply.isEmpty {
            services.append(
                FileWatcher(paths: apply, logger: logger) { (files) async throws(Problem) in
                    try await plane.apply(
                        // The files may be there before their hosts: nobody would apply them again when those join.
                        ApplyRequest(files: files, allowNoHosts: true), by: FileWatcher.principal
                    ).items
                })
        }
        if !rules.isEmpty {
            let rules = RuleService.all(rules, of: book, logger: logger)
            services += [rules.evaluation, rules.watcher, HangUpService(watcher: rules.watcher)] as [any Service]
        }
        services += flagFiles.map(\.watcher)
        services += flagdPorts.services(registry, tls: tls, logger: logger, clock: { clock.now() })
        services.append(surface)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private var settings: ControlPlaneSettings {
        var generator = SystemRandomNumberGenerator()
        return ControlPlaneSettings(
            release: Release.current, instance: String(generator.next() as UInt64, radix: 16), dev: dev,
            acceptRestoredStore: acceptRestoredStore, backupFolder: "\(data)/backups")
    }

    private var ownPeriod: Period {
        get throws {
            guard let period = Period(ownMetricsEvery) ?? (ownMetricsEvery == "0" ? .zero : nil),
                period == .zero || period >= .seconds(1)
            else {
                throw Problem(
                    .invalid, "--own-metrics-every is a time of at least 1s such as 15s, not '\(ownMetricsEvery)'",
                    hint: "0 keeps none")
            }
            return period
        }
    }

    private func check(_ address: ListenAddress) throws {
        _ = try ownPeriod
        if dev, !address.isLoopback {
            throw Problem(
                .invalid, "--dev listens on loopback only, not on \(address.host)",
                hint: "leave --dev out: the first start makes an admin token")
        }
        if let flagRateLimit, !(1...1_000_000).contains(flagRateLimit) {
            throw Problem(.invalid, "--flag-rate-limit is a number from 1 to 1000000, not \(flagRateLimit)")
        }
        for origin in flagOrigin where origin != "*" && !origin.contains("://") {
            throw Problem(
                .invalid, "--flag-origin \(origin) is no origin", hint: "write it as browsers do: https://shop.example")
        }
        if (tlsCert == nil) != (tlsKey == nil) {
            throw Problem(.invalid, "--tls-cert and --tls-key belong together")
        }
        guard connectionsPerAddress > 0 else {
            throw Problem(.invalid, "--connections-per-address is at least 1, not \(connectionsPerAddress)")
        }
        guard store == "sqlite" else {
            throw Problem(
                .invalid, "this release keeps its state in the embedded store: --store sqlite, not '\(store)'")
        }
    }

    private func openStore() async throws -> SQLiteStore {
        do {
            try makePrivateFolder(data)
            try makePrivateFolder("\(data)/backups")
            // What a crash left: a copy exists only while somebody is being sent it.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(data)/backups")) ?? []
            where name.contains(".backup") {
                unlink("\(data)/backups/\(name)")
            }
            return try SQLiteStore(path: "\(data)/halcyon.db")
        } catch let error as StoreError {
            switch error {
            case .unusable(let reason), .cannotWrite(let reason): throw Problem(.unavailable, reason)
            default: throw Problem(.unavailable, "the store in \(data) cannot be opened")
            }
        }
    }

    /// Says where the server is and, on the first start, what the tokens are.
    private func greet(_ plane: ControlPlane, address: ListenAddress, scheme: String) async throws {
        say("halcyon \(Release.current), everything is kept in \(data)")
        if dev {
            say("--dev: no tokens; everybody on this machine may do everything")
            return
        }
        if scheme == "http", !address.isLoopback {
            say("WARNING: tokens cross the network in the clear; give --tls-cert and --tls-key,")
            say("or let a proxy on this machine end TLS and listen on 127.0.0.1.")
        }
        let url = publicUrl ?? "\(scheme)://\(address.forClients):\(address.port)"
        let joinFile = "\(data)/join-token"
        let tokens = try await plane.bootstrap { (admin, join) throws(Problem) in
            try writeSecret(join + "\n", to: joinFile)
            try ClientFile(server: url, token: admin).write()
        }
        guard let tokens else { return try refreshClientFile(plane, url: url) }
        say("")
        say("The command line on this machine finds the admin token in \(ClientFile.path).")
        // What systemd reads from the standard output is kept in a log for good.
        if getenv("JOURNAL_STREAM") == nil { say("It is shown this once: \(tokens.admin)") }
        say("Agents join with the token in \(joinFile):")
        say("  halcyon agent --server \(url) --name NAME --join-token-file join-token")
        say("")
    }
}

extension ServerCommand {
    /// The file from the first start says where the server was then; its token is as good as ever.
    private func refreshClientFile(_ plane: ControlPlane, url: String) throws {
        guard var file = ClientFile.read(), file.server != url, plane.authenticate(token: file.token) != nil else {
            return
        }
        file.server = url
        try file.write()
        say("The command line on this machine finds the server at \(url) from now on (\(ClientFile.path)).")
    }
}

/// Runs the control plane's drivers until the shutdown.
private struct PlaneService: Service {
    let plane: ControlPlane
    let registry: FlagRegistry

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await plane.run() }
                group.addTask { await registry.run() }
            }
        }
    }
}
