import CHost
import Glibc
public import Specs
public import Supervision
import Synchronization
import Values
import Wire

/// What a runtime tells of its instances.
public enum RuntimeEvent: Sendable {
    /// The main process has ended, and everything it left behind was killed. `output` is the end of its log.
    case ended(service: String, instance: String, ExitStatus, output: [String])
    /// The instance said `READY=1`.
    case saidReady(service: String, instance: String)
}

/// Runs instances as plain processes of this host, in sessions and control groups of their own.
public final class ExecRuntime: Sendable {
    /// Where the runtime works, and for whom.
    public struct Place: Sendable {
        /// The agent's data folder.
        public var folder: String
        /// The agent's own identifier: two agents on one host never touch each other's processes.
        public var agent: String
        public var host: String
        /// The host's address, `${ADDRESS}`.
        public var address: String

        public init(folder: String, agent: String, host: String, address: String) {
            self.folder = folder
            self.agent = agent
            self.host = host
            self.address = address
        }
    }

    struct State {
        var running: [String: RunningInstance] = [:]
        var sockets: [String: [ListenAddress: ListeningSocket]] = [:]
        /// Groups that could not be removed yet.
        var leftovers: [String: Leftover] = [:]
        /// What a person should know of instances that are there.
        var warnings: [String: [String]] = [:]
        /// Running instances whose records the disk did not take yet.
        var unsaved: Set<String> = []
        /// Running instances whose end the kernel does not tell yet.
        var unwatched: Set<String> = []
        /// Processes with this agent's marks of which nothing else is known.
        var strangers: [String: ProcessIdentity] = [:]
    }

    let place: Place
    let groups: ControlGroups
    let watcher: ProcessWatcher
    let records: InstanceRecords
    public let logs: LogFolder
    let state = Mutex(State())
    let tell: @Sendable (RuntimeEvent) -> Void

    /// - Parameters:
    ///   - usesGroups: false to do without control groups where they could be had.
    ///   - tell: called on the watcher's thread; it must be quick.
    public convenience init(
        _ place: Place, watcher: ProcessWatcher, usesGroups: Bool = true,
        tell: @escaping @Sendable (RuntimeEvent) -> Void
    ) {
        self.init(
            place, watcher: watcher, groups: ControlGroups(agent: place.agent, use: usesGroups ? .all : .none),
            records: InstanceRecords(folder: "\(place.folder)/instances"), tell: tell)
    }

    init(
        _ place: Place, watcher: ProcessWatcher, groups: ControlGroups, records: InstanceRecords,
        tell: @escaping @Sendable (RuntimeEvent) -> Void
    ) {
        // What instances leave behind comes to the agent: nobody else then decides when their pids are free again.
        _ = chost_inherit_orphans()
        self.place = place
        self.watcher = watcher
        self.tell = tell
        self.groups = groups
        self.records = records
        logs = LogFolder(path: "\(place.folder)/logs")
        for name in ["instances", "run", "logs"] { mkdir("\(place.folder)/\(name)", 0o755) }
    }

    public func running(_ instance: String) -> RunningInstance? { state.withLock { $0.running[instance] } }

    /// Starts an instance from an unpacked artefact. The record is on disk before the process is there, unless the disk is
    /// full.
    public func start(_ instance: Instance, service: String, artefact: String) throws(StartFailure) {
        let run = instance.version.run
        var record = InstanceRecord(
            service: service, instance: instance, log: logs.file(service: service, instance: instance.id))
        let account = try Account.wanted(by: run, host: place.host)
        let values = try prepareValues(&record, run: run)
        let sockets = try openSockets(&record, run: run)
        let notify = try openNotify(&record)
        account.map { notify.give(to: $0.user) }
        let launch = try Launch(
            run: run, artefact: artefact, values: values,
            environment: environment(record, values: values, passing: sockets, account), account: account)
        let log = try openLog(record)
        account?.own(log)
        let (joins, warnings) = groups.make(instance: instance.id, limits: run.limits)
        state.withLock { $0.warnings[instance.id] = warnings.isEmpty ? nil : warnings }
        var started: RunningInstance?
        do throws(StartFailure) {
            try write(record)
            let process = try launch.run(log: log, passing: sockets.map(\.descriptor), groups: joins)
            record.process = ProcessIdentity(pid: process.pid)
            let running = RunningInstance(
                record: record, handle: process.handle, notify: notify, groups: groups, agent: place.agent)
            started = running
            try write(record)
            try attempt(.start) { () throws(SystemError) in try watch(running) }
        } catch {
            // Nobody would watch it.
            started?.endAtOnce()
            notify.remove()
            forget(instance.id)
            throw error
        }
    }

    /// SIGTERM to the main process.
    public func terminate(_ instance: String) {
        guard let running = running(instance) else { return }
        _ = chost_pidfd_send_signal(running.handle.number, SIGTERM)
    }

    /// SIGKILL to every process of the instance.
    public func kill(_ instance: String) {
        guard let running = running(instance) else { return }
        running.killAll()
    }

    /// Closes the listening sockets of a service that are at none of these addresses.
    public func closeSockets(service: String, except wanted: Set<ListenAddress>) {
        state.withLock { state in
            let served = state.running.values.filter { $0.record.service == service }.compactMap(\.record.address)
            let kept = wanted.union(served)
            state.sockets[service] = state.sockets[service]?.filter { kept.contains($0.key) }
        }
    }

    /// Closes the listening sockets of all services but these.
    public func closeSockets(exceptServices wanted: Set<String>) {
        state.withLock { $0.sockets = $0.sockets.filter { wanted.contains($0.key) } }
    }

    /// Where a version's instances listen; `nil` when that is not known before one starts.
    public func address(of run: RunSpec) -> ListenAddress? {
        run.listen.flatMap { ListenAddress(substitute(["ADDRESS": place.address], in: $0)) }
    }
}
