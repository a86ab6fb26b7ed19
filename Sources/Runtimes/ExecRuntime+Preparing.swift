import Glibc
import Specs
import Supervision
import Synchronization
import Values
import Wire

// What is decided and made before an instance is started.
extension ExecRuntime {
    func prepareValues(_ record: inout InstanceRecord, run: RunSpec) throws(StartFailure) -> [String: String] {
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
    func openSockets(_ record: inout InstanceRecord, run: RunSpec) throws(StartFailure) -> [ListeningSocket] {
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

    /// Where it says that it is ready: a file, or on a full disk an abstract name.
    func openNotify(_ record: inout InstanceRecord) throws(StartFailure) -> NotifySocket {
        let id = record.instance.id
        let path = NotifySocket.path(folder: "\(place.folder)/run", instance: id, agent: place.agent)
        let notify = try attempt(.start) { () throws(SystemError) in
            do throws(SystemError) {
                return try NotifySocket(path: path)
            } catch  where error.isFullDisk {
                return try NotifySocket(path: NotifySocket.abstractName(instance: id, agent: place.agent))
            }
        }
        record.notifyPath = notify.path
        return notify
    }

    /// Where its output goes; on a full disk nowhere.
    func openLog(_ record: InstanceRecord) throws(StartFailure) -> Descriptor {
        let running = state.withLock { state in
            state.running.values.map(\.record).filter { $0.service == record.service }.map(\.instance.id)
        }
        return try attempt(.start) { () throws(SystemError) in
            do throws(SystemError) {
                return try logs.open(service: record.service, instance: record.instance.id, keeping: Set(running))
            } catch  where error.isFullDisk {
                let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
                guard nowhere >= 0 else { throw error }
                return Descriptor(nowhere)
            }
        }
    }

    func environment(
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

    func attempt<Value>(
        _ step: FailureReport.Step, _ body: () throws(SystemError) -> Value
    ) throws(StartFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw StartFailure(step, error.description) }
    }
}
