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
        var leftovers: Set<String> = []
        var warnings: Set<String> = []
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
    public init(
        _ place: Place, watcher: ProcessWatcher, usesGroups: Bool = true,
        tell: @escaping @Sendable (RuntimeEvent) -> Void
    ) {
        // What instances leave behind comes to the agent: nobody else then decides when their pids are free again.
        _ = chost_inherit_orphans()
        self.place = place
        self.watcher = watcher
        self.tell = tell
        groups = ControlGroups(agent: place.agent, areWanted: usesGroups)
        records = InstanceRecords(folder: "\(place.folder)/instances")
        logs = LogFolder(path: "\(place.folder)/logs")
        for name in ["instances", "run", "logs"] { mkdir("\(place.folder)/\(name)", 0o755) }
    }

    /// What a person should know of this host.
    public var warnings: [String] {
        [groups.warning].compactMap { $0 } + state.withLock { $0.warnings.sorted() }
    }

    public func running(_ instance: String) -> RunningInstance? { state.withLock { $0.running[instance] } }

    /// Starts an instance from an unpacked artefact. The record is on disk before the process is there.
    public func start(_ instance: Instance, service: String, artefact: String) throws(StartFailure) {
        let run = instance.version.run
        var record = InstanceRecord(
            service: service, instance: instance, log: logs.file(service: service, instance: instance.id))
        let account = try Account.wanted(by: run, host: place.host)
        let values = try prepareValues(&record, run: run)
        let sockets = try openSockets(&record, run: run)
        let notify = try attempt(.start) { () throws(SystemError) in
            try NotifySocket(
                path: NotifySocket.path(folder: "\(place.folder)/run", instance: instance.id, agent: place.agent))
        }
        record.notifyPath = notify.path
        account.map { notify.give(to: $0.user) }
        let launch = try Launch(
            run: run, artefact: artefact, values: values,
            environment: environment(record, values: values, passing: sockets, account), account: account)
        let log = try attempt(.start) { () throws(SystemError) in
            try logs.open(service: service, instance: instance.id)
        }
        account?.own(log)
        let (joins, warnings) = groups.make(instance: instance.id, limits: run.limits)
        if !warnings.isEmpty { state.withLock { $0.warnings.formUnion(warnings) } }
        try write(record)
        do throws(StartFailure) {
            let started = try launch.run(log: log, passing: sockets.map(\.descriptor), groups: joins)
            record.process = ProcessIdentity(pid: started.pid)
            try write(record)
            try watch(
                RunningInstance(
                    record: record, handle: started.handle, notify: notify, groups: groups, agent: place.agent))
        } catch {
            notify.remove()
            records.remove(instance.id)
            removeGroup(instance.id)
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

    /// Small chores: leftover groups, and logs that have grown beyond their limits.
    ///
    /// - Returns: how much was cut off the front of which log.
    public func tidy() -> [String: Int64] {
        let (running, leftovers) = state.withLock { (Array($0.running.values), $0.leftovers) }
        for instance in running { instance.lookForChildren() }
        collectOrphans(except: Set(running.map(\.pid)))
        for leftover in leftovers where groups.remove(instance: leftover) {
            state.withLock { _ = $0.leftovers.remove(leftover) }
        }
        var cut: [String: Int64] = [:]
        for record in running.map(\.record) {
            let bytes = LogFolder.bound(record.log, to: record.instance.version.run.logs.size.bytes)
            if bytes > 0 { cut[record.log] = bytes }
        }
        return cut
    }

    /// Collects what instances have left behind and what has ended since. Instances lead sessions of their own, so that
    /// nothing in this process's session is theirs.
    private func collectOrphans(except mains: Set<Int32>) {
        for pid in ProcessFiles.ownChildren where !mains.contains(pid) {
            guard let fields = ProcessFiles.stat(pid), fields.first == "Z", fields[safe: 1] == "\(getpid())",
                fields[safe: 3] != "\(getsid(0))"
            else { continue }
            waitpid(pid, nil, WNOHANG)
        }
    }

    // MARK: Preparing

    private func prepareValues(_ record: inout InstanceRecord, run: RunSpec) throws(StartFailure) -> [String: String] {
        var values = [
            "ADDRESS": place.address, "HOST": place.host, "SERVICE": record.service,
            "VERSION": record.instance.version.version,
        ]
        if run.handover == .port {
            let port = try freePort(for: record.instance.id)
            let host = run.listen.flatMap { ListenAddress(substitute(values.merging(["PORT": "1"]) { $1 }, in: $0)) }?
                .host
            record.address = ListenAddress(host: host ?? place.address, port: port)
        } else if let listen = run.listen {
            guard let address = ListenAddress(substitute(values, in: listen)) else {
                throw StartFailure(.listen, "run.listen '\(listen)' is not an address and a port like ${ADDRESS}:8000")
            }
            record.address = address
        }
        if let address = record.address { values["PORT"] = "\(address.port)" }
        return values
    }

    /// The sockets to pass on: the service's own, and a private one for probes.
    private func openSockets(_ record: inout InstanceRecord, run: RunSpec) throws(StartFailure) -> [ListeningSocket] {
        guard run.handover == .socket else { return [] }
        guard let address = record.address else {
            throw StartFailure(.listen, "handover: socket needs run.listen, for example ${ADDRESS}:8000")
        }
        let service = record.service
        let held = state.withLock { $0.sockets[service]?[address] }
        let socket = try attempt(.listen) { () throws(SystemError) in
            if let held { return held }
            return try ListeningSocket(address)
        }
        state.withLock { $0.sockets[service, default: [:]][address] = socket }
        let probe = try attempt(.listen) { () throws(SystemError) in
            try ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))
        }
        record.socketInode = socket.inode
        record.probePort = probe.address.port
        return [socket, probe]
    }

    private func environment(
        _ record: InstanceRecord, values: [String: String], passing sockets: [ListeningSocket], _ account: Account?
    ) -> [String: String] {
        var environment = Launch.inherited
        if let account {
            for name in ["USER", "LOGNAME"] { environment[name] = account.name }
            environment["HOME"] = account.home
        }
        environment["HALCYON_AGENT"] = place.agent
        environment["HALCYON_SERVICE"] = record.service
        environment["HALCYON_VERSION"] = record.instance.version.version
        environment["HALCYON_HOST"] = place.host
        environment["HALCYON_INSTANCE"] = record.instance.id
        environment["ADDRESS"] = place.address
        environment["PORT"] = values["PORT"]
        environment["NOTIFY_SOCKET"] = record.notifyPath
        if !sockets.isEmpty {
            environment["LISTEN_FDS"] = "1"
            environment["LISTEN_FDNAMES"] = "http"
            environment["HALCYON_PROBE_FD"] = "4"
        }
        return environment
    }

    /// A port that nobody listens on, the same order of tries for the same instance.
    private func freePort(for instance: String) throws(StartFailure) -> UInt16 {
        let (first, count): (UInt64, UInt64) = (20_000, 10_000)
        for attempt in 0..<200 {
            let port = UInt16(first + stableHash(place.agent, instance, "\(attempt)") % count)
            if (try? ListeningSocket(ListenAddress(host: place.address, port: port))) != nil { return port }
        }
        throw StartFailure(.listen, "no free port between \(first) and \(first + count - 1) on \(place.address)")
    }

    private func write(_ record: InstanceRecord) throws(StartFailure) {
        do { try records.write(record) } catch { throw StartFailure(.start, "\(error)") }
    }

    private func attempt<Value>(
        _ step: FailureReport.Step, _ body: () throws(SystemError) -> Value
    ) throws(StartFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw StartFailure(step, error.description) }
    }
}
