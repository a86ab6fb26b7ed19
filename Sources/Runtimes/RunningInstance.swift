import CHost
import Glibc
public import Supervision
import Synchronization
import Values
import Wire

/// An instance whose process runs.
public final class RunningInstance: Sendable {
    public let record: InstanceRecord
    let handle: Descriptor
    let notify: NotifySocket?
    private let groups: ControlGroups
    /// What is known of its processes where there is no group.
    private let members: Mutex<InstanceProcesses?>
    private let lastUsage = Mutex<(at: UInt64, microseconds: UInt64)?>(nil)

    /// - Parameter agent: the agent's identifier, with which its processes are marked.
    init(record: InstanceRecord, handle: Descriptor, notify: NotifySocket?, groups: ControlGroups, agent: String) {
        members = Mutex(
            record.process.map {
                InstanceProcesses(main: $0, agent: agent, instance: record.instance.id, log: record.log)
            })
        self.record = record
        self.handle = handle
        self.notify = notify
        self.groups = groups
    }

    public var pid: Int32 { record.process?.pid ?? 0 }

    /// Every process of the instance; without a group those that can be found.
    public var processes: [Int32] {
        if let all = groups.processes(instance: record.instance.id), !all.isEmpty { return all }
        let found = members.withLock { $0?.look(thoroughly: false) } ?? []
        return found.isEmpty ? [pid] : found.map(\.pid)
    }

    /// Without a group: remembers who belongs to the instance, so that it is still known after it has left its parent.
    func lookForChildren() {
        guard !groups.has(instance: record.instance.id) else { return }
        _ = members.withLock { $0?.look(thoroughly: false) }
    }

    /// Processor use since the last call, and resident memory now.
    public func usage() -> InstanceDetails {
        let processes = self.processes
        let each = processes.compactMap { ProcessFiles.usage($0) }
        let ticks = each.reduce(0) { $0 + $1.ticks }
        let perTick = 1_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let used = groups.processorTime(instance: record.instance.id) ?? ticks * perTick
        let now = monotonicMicroseconds()
        let cpu = lastUsage.withLock { last in
            defer { last = (now, used) }
            guard let last, now > last.at, used >= last.microseconds else { return 0.0 }
            return Double(used - last.microseconds) / Double(now - last.at)
        }
        return InstanceDetails(pid: pid, cpu: (cpu * 1000).rounded() / 1000, memory: each.reduce(0) { $0 + $1.memory })
    }

    /// SIGKILL to every process of the instance. When the main process is the agent's child, it must not have been
    /// collected yet: until then nobody else has its pid.
    func killAll() {
        let hadGroup = groups.kill(instance: record.instance.id)
        _ = chost_pidfd_send_signal(handle.number, SIGKILL)
        if !hadGroup { members.withLock { $0?.killAll() } }
    }
}

extension RunningInstance {
    /// Whether its main process has ended.
    var hasEnded: Bool { record.process?.isAlive != true }

    /// For a start that failed halfway: kills all of it, and waits a while for the main process to be gone.
    func endAtOnce() {
        killAll()
        var look = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        // A process that waits for a disk ends later, and is collected with the orphans then.
        poll(&look, 1, 5000)
        var (bySignal, value): (Int32, Int32) = (0, 0)
        _ = chost_reap(handle.number, &bySignal, &value)
    }
}

func monotonicMicroseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
}
