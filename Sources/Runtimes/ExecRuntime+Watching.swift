import CHost
import Glibc
public import Supervision
import Synchronization
import Values
import Wire

// Ends of processes, and agents that start again.
extension ExecRuntime {
    /// The instances that an earlier agent has left on this host.
    public struct Found: Sendable {
        /// They run, and are watched from now on.
        public var running: [InstanceRecord] = []
        /// Those among them whose listening socket could not be had back, with the reason.
        public var withoutSocket: [String: String] = [:]
        /// Records that could not be read.
        public var setAside: [SetAside] = []
    }

    /// Finds what runs: by the records, and by the marks in the processes' environment where a record is missing.
    ///
    /// - Parameter known: instances as the machines remember them, for those without a usable record.
    public func findRunning(known: [(service: String, instance: Instance)]) -> Found {
        var found = Found()
        let (records, setAside) = self.records.readAll()
        found.setAside = setAside
        let marked = markedProcesses()
        var all = Dictionary(records.map { ($0.instance.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (service, instance) in known where all[instance.id] == nil {
            all[instance.id] = InstanceRecord(
                service: service, instance: instance, log: logs.file(service: service, instance: instance.id))
        }
        for (id, process) in marked where all[id] == nil {
            all[id] = unwritten(id, process, known)
        }
        for (id, record) in all.sorted(by: { $0.key < $1.key }) {
            var record = record
            // Marks are for a process that was started and not written down. Of one that was, and has ended, a child may
            // be left that carries the same marks.
            if record.process == nil, let process = marked[id] { record.complete(from: process) }
            if record.process != nil, adopt(record, &found) { continue }
            // It ended while nobody looked; whatever it left behind goes too.
            if !groups.kill(instance: id), let process = record.process {
                var left = InstanceProcesses(main: process, agent: place.agent, instance: id, log: record.log)
                left.killAll()
            }
            forget(id)
        }
        for id in groups.instances() where all[id] == nil && marked[id] == nil {
            // Children whose main process is gone, of an instance that nobody remembers.
            _ = groups.kill(instance: id)
            forget(id)
        }
        state.withLock { $0.strangers = marked.filter { all[$0.key] == nil } }
        groups.removeAbandoned()
        return found
    }

    /// The record of a process that the disk took no word of: neither its record nor its machine's. Its version is one that
    /// the machine remembers, when it was started in place of one that had ended.
    private func unwritten(
        _ id: String, _ process: ProcessIdentity, _ known: [(service: String, instance: Instance)]
    ) -> InstanceRecord? {
        let variables = ProcessFiles.environment(process.pid)
        let old = known.last { service, instance in
            service == variables["HALCYON_SERVICE"] && instance.version.version == variables["HALCYON_VERSION"]
        }
        guard let (service, instance) = old else { return nil }
        let same = Instance(
            id: id, version: instance.version, startedAt: instance.startedAt, restarts: instance.restarts + 1)
        return InstanceRecord(service: service, instance: same, log: logs.file(service: service, instance: id))
    }

    /// Main processes of this agent's instances that run, by instance.
    func markedProcesses() -> [String: ProcessIdentity] {
        var marked: [String: ProcessIdentity] = [:]
        for pid in ProcessFiles.allProcesses() {
            // The main process leads its session; its children carry the same marks.
            guard let fields = ProcessFiles.stat(pid), fields[safe: 3] == "\(pid)" else { continue }
            let environment = ProcessFiles.environment(pid)
            guard environment["HALCYON_AGENT"] == place.agent, let id = environment["HALCYON_INSTANCE"] else {
                continue
            }
            guard let process = ProcessIdentity(pid: pid) else { continue }
            // A child that leads a session too is younger.
            if let known = marked[id], known.startTime <= process.startTime { continue }
            marked[id] = process
        }
        return marked
    }

    private func adopt(_ record: InstanceRecord, _ found: inout Found) -> Bool {
        guard let process = record.process else { return false }
        let number = chost_pidfd_open(process.pid)
        guard number >= 0 else { return false }
        let handle = Descriptor(number)
        // The pid may have been given away between the look and the handle.
        guard process.isAlive else { return false }
        let notify = record.notifyPath.flatMap { try? NotifySocket(path: $0) }
        ProcessFiles.owner(process.pid).map { notify?.give(to: $0) }
        let running = RunningInstance(
            record: record, handle: handle, notify: notify, groups: groups, agent: place.agent)
        if let inode = record.socketInode, let address = record.address {
            do throws(SystemError) {
                try holdSocket(inode, address, service: record.service, from: running.processes)
            } catch {
                found.withoutSocket[record.instance.id] = error.description
            }
        }
        takeIn(running)
        found.running.append(record)
        return true
    }

    private func holdSocket(
        _ inode: Int64, _ address: ListenAddress, service: String, from processes: [Int32]
    ) throws(SystemError) {
        if state.withLock({ $0.sockets[service]?[address]?.inode }) == inode { return }
        let socket = try ListeningSocket.recover(inode: inode, address: address, from: processes)
        state.withLock { $0.sockets[service, default: [:]][address] = socket }
    }

    /// An instance that serves is never ended for what this agent cannot do: that is tried again.
    func takeIn(_ running: RunningInstance) {
        let id = running.record.instance.id
        do throws(SystemError) {
            try watch(running)
        } catch {
            state.withLock { state in
                state.unwatched.insert(id)
                state.warnings[id] = ["instance \(id) runs, but its end cannot be told at once: \(error)"]
            }
        }
        if (try? records.write(running.record)) == nil { state.withLock { _ = $0.unsaved.insert(id) } }
    }

    /// Takes a running instance in, and hears of its end and of what it says.
    func watch(_ running: RunningInstance) throws(SystemError) {
        let (service, id) = (running.record.service, running.record.instance.id)
        state.withLock { $0.running[id] = running }
        let token = try running.notify.map { notify throws(SystemError) in
            try watcher.onReadable(notify.descriptor) { [tell] in
                if notify.receive().contains("READY=1") { tell(.saidReady(service: service, instance: id)) }
            }
        }
        do throws(SystemError) {
            try watcher.onEnd(of: running.handle) { [weak self] in
                if let token { self?.watcher.forget(token) }
                self?.hasEnded(running)
            }
        } catch {
            if let token { watcher.forget(token) }
            throw error
        }
    }

    func hasEnded(_ running: RunningInstance) {
        let record = running.record
        // Children that outlived the main process would hold its port and its files. First they, then the main process:
        // as long as it is not collected, its pid and its session are nobody else's.
        running.killAll()
        var (bySignal, value): (Int32, Int32) = (0, 0)
        let isOurs = chost_reap(running.handle.number, &bySignal, &value) == 1
        let status: ExitStatus = !isOurs ? .unknown : bySignal != 0 ? .signal(value) : .code(value)
        running.notify?.remove()
        forget(record.instance.id)
        let output = LogFolder.tail(record.log, lines: 20).map { String($0.prefix(500)) }
        tell(.ended(service: record.service, instance: record.instance.id, status, output: output))
    }
}
