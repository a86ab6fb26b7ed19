import Glibc
import Logging
import NIOCore
import Runtimes
import Specs
import Supervision
import Synchronization
import Values
import Wire

/// The agent's driver: takes one event at a time, asks the machines, persists what they decided, then does it.
struct AgentLoop {
    let folder: DataFolder
    let artefacts: ArtefactFolder
    let runtime: ExecRuntime
    let fetcher: Fetcher
    let prober: Prober
    let scraper: Scraper
    let logShipper: LogShipper
    let snapshot: Snapshot
    let saidReady: SaidReady
    let events: AgentEvents
    let timers: any EventLoop
    let clock: HostClock
    let quota: Int64
    let logger: Logger

    var host = HostMachine()
    /// The machines as they are on the disk.
    private var saved: [String: ServiceMachine] = [:]
    private var savedEpoch: DataFolder.Epoch?
    private var wake: (at: Timestamp, timer: Scheduled<Void>)?
    /// The artefacts that were wanted when the others were last collected.
    private var collectedFor: Set<String>?

    init(
        folder: DataFolder, artefacts: ArtefactFolder, runtime: ExecRuntime, fetcher: Fetcher, prober: Prober,
        scraper: Scraper, logShipper: LogShipper, snapshot: Snapshot, saidReady: SaidReady, events: AgentEvents,
        timers: any EventLoop, clock: HostClock, quota: Int64, logger: Logger
    ) {
        self.folder = folder
        self.artefacts = artefacts
        self.runtime = runtime
        self.fetcher = fetcher
        self.prober = prober
        self.scraper = scraper
        self.logShipper = logShipper
        self.snapshot = snapshot
        self.saidReady = saidReady
        self.events = events
        self.timers = timers
        self.clock = clock
        self.quota = quota
        self.logger = logger
    }

    /// Adopts what runs, then handles events until the stream of them ends.
    mutating func run(_ stream: AsyncStream<AgentEvent>) async {
        await withDiscardingTaskGroup { group in
            adoptAll(&group)
            for await event in stream { handle(event, &group) }
            wake?.timer.cancel()
            group.cancelAll()
        }
    }

    private mutating func handle(_ event: AgentEvent, _ group: inout DiscardingTaskGroup) {
        let now = clock.now
        switch event {
        case .desired(let desired): accept(desired, &group)
        case .service(let service, let event): perform([host.step(service, event, at: now)], &group)
        case .artefact(let digest, let state):
            perform(host.stepAll(.artefact(digest: digest, state), at: now), &group)
            if state == .present {
                collectedFor = nil
                collect()
            }
        case .saidReady(let service, let id): heardReady(service, id, &group)
        case .serverAway: perform(host.stepAll(.serverAway, at: now), &group)
        case .tick: perform(host.stepAll(.tick, at: now), &group)
        case .makeRoom(let done):
            let removed = artefacts.collect(quota: 0, wanted: wantedDigests).removed
            if !removed.isEmpty {
                logger.info("removed unwanted artefacts to make room", metadata: ["count": "\(removed.count)"])
            }
            done.finish()
        case .tidy: tidy()
        }
    }

    private mutating func accept(_ desired: DesiredState, _ group: inout DiscardingTaskGroup) {
        var desired = desired
        // Names become paths.
        desired.services.removeAll { !isValidName($0.service) }
        let logs = runtime.logs
        let number: (String) -> Int = { service in
            (logs.instances(service: service).map(LogFolder.number).max() ?? 0) + 1
        }
        do throws(HostMachine.Refusal) {
            let steps = try host.accept(desired, at: clock.now, firstInstance: number)
            perform(steps, &group)
            snapshot.note(.refusal, nil)
        } catch {
            let what: String
            switch error {
            case .older(let epoch, let newer):
                what = "(epoch \(epoch)) is older than the one this host works towards (\(newer)) and is refused"
            case .otherStore:
                what =
                    "comes from a store that was restored or made anew and is refused; if it is to count, start the "
                    + "server once with --accept-restored-store"
            }
            let words =
                "the server's desired state \(what); if the server was set up anew, remove \(folder.path)/epoch.json "
                + "and restart the agent"
            if snapshot.note(.refusal, words) { logger.error("\(words)") }
        }
    }

    private mutating func heardReady(_ service: String, _ id: String, _ group: inout DiscardingTaskGroup) {
        saidReady.insert(id)
        guard let instance = host.services[service]?.instances.first(where: { $0.id == id }),
            instance.version.run.ready.method == .notify
        else { return }
        perform([host.step(service, .ready(instance: id), at: clock.now)], &group)
    }

    // MARK: Doing

    /// Persists, then acts. What an action brings about at once is handled before anything else.
    mutating func perform(_ steps: [HostMachine.Step], _ group: inout DiscardingTaskGroup) {
        var queue = steps
        while !queue.isEmpty {
            persist()
            snapshot.update(host)
            var next: [HostMachine.Step] = []
            for step in queue {
                for action in step.actions { next += act(action, service: step.service, &group) }
            }
            queue = next
        }
        snapshot.update(host)
        closeUnusedSockets()
        collect()
        setTimer()
    }

    private mutating func act(
        _ action: ServiceAction, service: String, _ group: inout DiscardingTaskGroup
    ) -> [HostMachine.Step] {
        switch action {
        case .fetch(let artefact):
            fetcher.want(Fetcher.Order(artefact: artefact, executableName: executableName(artefact, service)))
        case .start(let instance): return start(instance, service: service, &group)
        case .probe(let id): probe(id, service: service, &group)
        case .terminate(let id):
            logger.info("stopping an instance", metadata: ["instance": "\(id)"])
            runtime.terminate(id)
        case .kill(let id):
            logger.warning("killing an instance that did not end", metadata: ["instance": "\(id)"])
            runtime.kill(id)
        }
        return []
    }

    private mutating func start(
        _ instance: Instance, service: String, _ group: inout DiscardingTaskGroup
    ) -> [HostMachine.Step] {
        // What is desired may have changed while an earlier action of this step failed.
        guard host.services[service]?.instances.contains(where: { $0.id == instance.id }) == true,
            runtime.running(instance.id) == nil
        else { return [] }
        let folder = artefacts.folder(instance.version.artefact.digest) ?? ""
        do throws(StartFailure) {
            try runtime.start(instance, service: service, artefact: folder)
            artefacts.noteUse(instance.version.artefact.digest)
            logger.info(
                "started an instance",
                metadata: ["instance": "\(instance.id)", "version": "\(instance.version.version)"])
            scrape(instance, service: service, &group)
            return []
        } catch {
            logger.warning(
                "an instance could not be started",
                metadata: ["instance": "\(instance.id)", "why": "\(error.message)"])
            let event = ServiceEvent.startFailed(instance: instance.id, step: error.step, message: error.message)
            return [host.step(service, event, at: clock.now)]
        }
    }

    private func probe(_ id: String, service: String, _ group: inout DiscardingTaskGroup) {
        snapshot.update(host)
        guard let instance = host.services[service]?.instances.first(where: { $0.id == id }),
            Prober.isNeeded(instance)
        else { return }
        let (prober, saidReady) = (self.prober, self.saidReady)
        group.addTask { await prober.run(service: service, instance: instance, saidReady: saidReady) }
    }

    func scrape(_ instance: Instance, service: String, _ group: inout DiscardingTaskGroup) {
        guard instance.version.run.metrics != nil else { return }
        let scraper = self.scraper
        group.addTask { await scraper.run(service: service, instance: instance) }
    }

    /// A program that comes without an archive is called what its service's command says.
    private func executableName(_ artefact: ArtefactReference, _ service: String) -> String {
        let version = host.services[service]?.wantedVersions.first { $0.artefact.digest == artefact.digest }
        let name = version?.run.command.first?.split(separator: "/").last.map(String.init)
        return name ?? service
    }

    // MARK: Keeping

    private mutating func persist() {
        do {
            let epoch = DataFolder.Epoch(epoch: host.epoch, generation: host.generation)
            if epoch != savedEpoch {
                try folder.save(epoch)
                savedEpoch = epoch
            }
            for (name, machine) in host.services where saved[name] != machine {
                try folder.save(machine)
                saved[name] = machine
            }
            for name in saved.keys where host.services[name] == nil {
                folder.removeMachine(name)
                saved[name] = nil
            }
            snapshot.note(.state, nil)
        } catch {
            // Going on without the disk is better than stopping what serves; it is tried again with the next event.
            logger.error("state cannot be written", metadata: ["why": "\(error)"])
            snapshot.note(.state, "state cannot be written to \(folder.path): \(error)")
        }
    }

    private func closeUnusedSockets() {
        for (name, machine) in host.services {
            let addresses = machine.wantedVersions.filter { $0.run.handover == .socket }
                .compactMap { runtime.address(of: $0.run) }
            runtime.closeSockets(service: name, except: Set(addresses))
        }
        runtime.closeSockets(exceptServices: Set(host.services.keys))
    }

    /// Keeps the artefacts within their quota; what is wanted stays in any case.
    private mutating func collect() {
        let wanted = wantedDigests
        guard wanted != collectedFor else { return }
        collectedFor = wanted
        let done = artefacts.collect(quota: quota, wanted: wanted)
        if !done.removed.isEmpty {
            logger.info("removed unwanted artefacts", metadata: ["count": "\(done.removed.count)"])
        }
        let words =
            "the artefacts that run or are kept for a rollback take \(ByteSize(bytes: done.left)), more than the quota of "
            + "\(ByteSize(bytes: quota)); they stay (give the agent a larger --artefact-quota)"
        let isOver = done.left > quota
        if snapshot.note(.overQuota, isOver ? words : nil), isOver { logger.warning("\(words)") }
    }

    var wantedDigests: Set<String> {
        Set(host.services.values.flatMap(\.wantedVersions).map(\.artefact.digest))
    }

    /// What failed for want of room is tried again, and what is over is said no more.
    private mutating func tidy() {
        persist()
        let runtime = self.runtime
        logShipper.cuts.cut { runtime.tidy() }
        snapshot.clear { warning in
            switch warning {
            case .setAside(let file): access(file, F_OK) != 0
            case .lostSocket(let id): runtime.running(id) == nil
            default: false
            }
        }
    }

    private mutating func setTimer() {
        let now = clock.now
        let next = host.nextWake(after: now)
        guard next != wake?.at else { return }
        wake?.timer.cancel()
        wake = nil
        guard let next else { return }
        let events = self.events
        let timer = timers.scheduleTask(in: .milliseconds((next - now).milliseconds + 1)) { _ = events.yield(.tick) }
        wake = (next, timer)
    }
}
