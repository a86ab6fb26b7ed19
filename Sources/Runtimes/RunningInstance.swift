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
    private let lastUsage = Mutex<(at: UInt64, microseconds: UInt64)?>(nil)

    init(record: InstanceRecord, handle: Descriptor, notify: NotifySocket?, groups: ControlGroups) {
        self.record = record
        self.handle = handle
        self.notify = notify
        self.groups = groups
    }

    public var pid: Int32 { record.process?.pid ?? 0 }

    /// The main process and, where the kernel tells, every other one of the instance.
    public var processes: [Int32] {
        guard let all = groups.processes(instance: record.instance.id), !all.isEmpty else { return [pid] }
        return all
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

    /// SIGKILL to every process of the instance.
    func killAll() {
        let hadGroup = groups.kill(instance: record.instance.id)
        _ = chost_pidfd_send_signal(handle.number, SIGKILL)
        // Without groups, its session's process group is the best there is.
        if !hadGroup, pid > 1 { Glibc.kill(-pid, SIGKILL) }
    }
}

func monotonicMicroseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
}
