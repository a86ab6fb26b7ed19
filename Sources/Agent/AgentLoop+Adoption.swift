import Logging
import Runtimes
import Supervision
import Values
import Wire

// An agent that starts finds what an earlier one left running, and takes it over without touching it.
extension AgentLoop {
    /// So long after its start an agent waits for the server before it starts anything from memory.
    private static let patience = Period.seconds(10)

    mutating func adoptAll(_ group: inout DiscardingTaskGroup) {
        var setAside: [SetAside] = []
        let machines = folder.machines(setAside: &setAside)
        let epoch = folder.epoch(setAside: &setAside)
        host = HostMachine(epoch: epoch.epoch, generation: epoch.generation, services: machines)
        let known = machines.flatMap { machine in machine.instances.map { (service: machine.service, instance: $0) } }
        let found = runtime.findRunning(known: known)
        for file in setAside + found.setAside {
            logger.warning("\(file)")
            snapshot.note(.setAside(file.kept), file.description)
        }
        for warning in runtime.warnings { logger.warning("\(warning)") }
        let now = clock.now
        for record in found.running { takeIn(record) }
        perform(host.stepAll(.resumed(holdUntil: now + AgentLoop.patience), at: now), &group)
        endMissing(found, &group)
        for (id, reason) in found.withoutSocket { noteLostSocket(id, reason, found, &group) }
        for digest in artefacts.inventory() {
            perform(host.stepAll(.artefact(digest: digest, .present), at: now), &group)
        }
        for record in found.running {
            logger.notice(
                "found an instance running",
                metadata: ["instance": "\(record.instance.id)", "version": "\(record.instance.version.version)"])
            scrape(record.instance, service: record.service, &group)
        }
        artefacts.cleanUp(wanted: wantedDigests)
    }

    /// A machine that was lost is made again around the instance that runs.
    private mutating func takeIn(_ record: InstanceRecord) {
        let number = LogFolder.number(record.instance.id) + 1
        let others = runtime.logs.instances(service: record.service).map(LogFolder.number).max() ?? 0
        host.add(ServiceMachine(service: record.service, firstInstance: max(number, others + 1)))
        if host.services[record.service]?.instances.contains(where: { $0.id == record.instance.id }) == false {
            var instance = record.instance
            // The record is from its start. It has served since then, for all anybody knows.
            instance.phase = .ready
            _ = host.step(record.service, .found(instance), at: clock.now)
        }
    }

    /// What the machines believe to run, and does not.
    private mutating func endMissing(_ found: ExecRuntime.Found, _ group: inout DiscardingTaskGroup) {
        let alive = Set(found.running.map(\.instance.id))
        for machine in host.services.values {
            for instance in machine.instances where !alive.contains(instance.id) {
                logger.notice("an instance is gone since the last agent", metadata: ["instance": "\(instance.id)"])
                perform([host.step(machine.service, .missing(instance: instance.id), at: clock.now)], &group)
            }
        }
    }

    private mutating func noteLostSocket(
        _ id: String, _ reason: String, _ found: ExecRuntime.Found, _ group: inout DiscardingTaskGroup
    ) {
        guard let service = found.running.first(where: { $0.instance.id == id })?.service else { return }
        let words =
            "\(service): \(reason); it serves on, but its next version has to wait until it has stopped "
            + "(run the agent as root, or with CAP_SYS_PTRACE, to avoid that)"
        logger.warning("\(words)")
        snapshot.note(.lostSocket(id), words)
        perform([host.step(service, .socketLost(instance: id), at: clock.now)], &group)
    }
}
