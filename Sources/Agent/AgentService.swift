import AsyncHTTPClient
public import Logging
import NIOCore
import NIOPosix
import Runtimes
public import ServiceLifecycle
import Supervision
import Values
import Wire

/// The agent of one host: makes what runs there match what the server wants, and keeps it running without the server.
///
/// When it is asked to end, instances go on running, and the next agent takes them over.
public struct AgentService: Service {
    private let configuration: AgentConfiguration
    private let reloads: AsyncStream<Void>
    private let logger: Logger

    /// - Parameter reloads: rings when the scrape configuration is to be read again, though it reads what changes by itself.
    public init(
        _ configuration: AgentConfiguration, reloads: AsyncStream<Void> = AsyncStream { $0.finish() }, logger: Logger
    ) {
        self.configuration = configuration
        self.reloads = reloads
        self.logger = logger
    }

    /// Runs until the task is cancelled or a graceful shutdown begins.
    ///
    /// - Throws: when the agent cannot start: a data folder in use or from a newer release.
    public func run() async throws {
        let folder = try DataFolder(path: configuration.dataFolder)
        let lock = try FolderLock(path: "\(folder.path)/lock")
        var setAside: [SetAside] = []
        let identity = try folder.identity(setAside: &setAside)
        let clock = try HostClock(folder, setAside: &setAside)
        for file in setAside { logger.warning("\(file)") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let snapshot = Snapshot()
        let client = ServerClient(
            configuration, agent: identity.agent, token: identity.token, group: group, snapshot: snapshot)
        let watcher = try ProcessWatcher()
        let parts = Parts(
            configuration: configuration, folder: folder, identity: identity, client: client, snapshot: snapshot,
            watcher: watcher, group: group, clock: clock, reloads: reloads, logger: logger)
        await cancelWhenGracefulShutdown { await parts.run() }
        watcher.stop()
        await client.shutdown()
        try? await group.shutdownGracefully()
        withExtendedLifetime(lock) {}
    }
}

/// Everything that runs beside each other within one agent.
private struct Parts: Sendable {
    let configuration: AgentConfiguration
    let folder: DataFolder
    let identity: DataFolder.Identity
    let client: ServerClient
    let snapshot: Snapshot
    let watcher: ProcessWatcher
    let group: MultiThreadedEventLoopGroup
    let clock: HostClock
    let reloads: AsyncStream<Void>
    let logger: Logger

    func run() async {
        let (stream, events) = AsyncStream<AgentEvent>.makeStream()
        let (logRequests, askForLogs) = AsyncStream<LogRequest>.makeStream(bufferingPolicy: .bufferingNewest(64))
        let runtime = makeRuntime(events)
        let artefacts = ArtefactFolder(folder)
        let quota = configuration.artefactQuota.bytes
        let instances = InstanceClient(group: group)
        let queue = SampleQueue()
        let fetcher = Fetcher(
            client: client, folder: artefacts, snapshot: snapshot, events: events, logger: logger)
        let shipper = LogShipper(client: client, logs: runtime.logs, snapshot: snapshot, logger: logger)
        let loop = AgentLoop(
            folder: folder, artefacts: artefacts, runtime: runtime, fetcher: fetcher,
            prober: Prober(client: instances, runtime: runtime, snapshot: snapshot, events: events),
            scraper: Scraper(client: instances, runtime: runtime, snapshot: snapshot, queue: queue),
            logShipper: shipper, snapshot: snapshot, saidReady: SaidReady(), events: events, timers: group.next(),
            clock: clock, quota: quota, logger: logger)
        let membership = Membership(configuration, identity: identity, folder: folder, client: client, logger: logger)
        let serverStream = ServerStream(
            client: client, membership: membership, snapshot: snapshot, events: events, logRequests: askForLogs,
            logger: logger)
        let reporter = Reporter(client: client, runtime: runtime, snapshot: snapshot, dataFolder: folder.path)
        let sender = SampleSender(client: client, queue: queue, snapshot: snapshot, logger: logger)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                var loop = loop
                await loop.run(stream)
            }
            tasks.addTask { await serverStream.run() }
            tasks.addTask { await reporter.run() }
            tasks.addTask { await sender.run() }
            tasks.addTask { await scrapeTargets(queue) }
            tasks.addTask { await fetcher.run() }
            tasks.addTask { await shipper.run(logRequests) }
            tasks.addTask {
                while !Task.isCancelled {
                    await pause(.seconds(2))
                    events.yield(.tidy)
                }
            }
        }
        runtime.end()
    }

    /// Scrapes what is none of a service.
    private func scrapeTargets(_ queue: SampleQueue) async {
        // What an agent before this one scraped is gone.
        guard let path = configuration.scrapeConfiguration else { return queue.add(TargetListing(at: wallTime())) }
        let client = TargetClient(group: group)
        await TargetKeeper(
            path: path, host: configuration.host, client: client, queue: queue, snapshot: snapshot, reloads: reloads,
            logger: logger
        ).run()
        await client.shutdown()
    }

    private func makeRuntime(_ events: AgentEvents) -> ExecRuntime {
        let place = ExecRuntime.Place(
            folder: folder.path, agent: identity.agent, host: configuration.host, address: configuration.address)
        return ExecRuntime(place, watcher: watcher, usesGroups: configuration.usesGroups) { event in
            switch event {
            case .ended(let service, let instance, let status, let output):
                events.yield(.service(service, .exited(instance: instance, status, output: output)))
            case .saidReady(let service, let instance):
                events.yield(.saidReady(service: service, instance: instance))
            }
        }
    }
}
