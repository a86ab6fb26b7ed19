import CHost
import Glibc

/// The processes of the host as `/proc` shows them at one moment.
struct ProcessTable {
    struct Entry {
        var identity: ProcessIdentity
        var parent: Int32
        var session: Int32
        var isZombie: Bool
    }

    private(set) var entries: [Int32: Entry] = [:]

    init() {
        for pid in ProcessFiles.allProcesses() {
            guard let fields = ProcessFiles.stat(pid), let identity = ProcessIdentity(pid: pid, stat: fields),
                let parent = Int32(fields[safe: 1] ?? ""), let session = Int32(fields[safe: 3] ?? "")
            else { continue }
            let isZombie = fields.first == "Z" || fields.first == "X"
            entries[pid] = Entry(identity: identity, parent: parent, session: session, isZombie: isZombie)
        }
    }

    /// Whether the very process is there, ended or not.
    func has(_ process: ProcessIdentity) -> Bool { entries[process.pid]?.identity == process }

    /// Processes with everything that they have started, as far as the parents still tell.
    func families(of roots: Set<Int32>) -> Set<Int32> {
        var children: [Int32: [Int32]] = [:]
        for (pid, entry) in entries { children[entry.parent, default: []].append(pid) }
        var (found, next) = (roots, Array(roots))
        while let pid = next.popLast() {
            for child in children[pid] ?? [] where found.insert(child).inserted { next.append(child) }
        }
        return found
    }
}

/// The processes of an instance without a control group: known by their parents, their session, the marks in their
/// environment, and by having been seen before. Only one that has shed all of that before anybody looked is not found.
struct InstanceProcesses {
    let main: ProcessIdentity
    let agent: String
    let instance: String
    let log: String
    /// Those that were seen to belong to it.
    private var seen: Set<ProcessIdentity> = []

    init(main: ProcessIdentity, agent: String, instance: String, log: String) {
        self.main = main
        self.agent = agent
        self.instance = instance
        self.log = log
    }

    /// Looks who belongs to the instance, and remembers it.
    ///
    /// - Parameter thoroughly: also reads the environment of every process.
    /// - Returns: those that have not ended.
    mutating func look(thoroughly: Bool) -> [ProcessIdentity] {
        let table = ProcessTable()
        seen = seen.filter(table.has)
        var roots = Set(seen.map(\.pid))
        // A session is called by its leader's pid, which nobody else gets while the leader is there, ended or not.
        if table.has(main) {
            roots.insert(main.pid)
            roots.formUnion(table.entries.filter { $0.value.session == main.pid }.keys)
        }
        if thoroughly { roots.formUnion(table.entries.keys.filter(isMarked)) }
        roots.remove(getpid())
        let family = table.families(of: roots).compactMap { table.entries[$0] }
        seen.formUnion(family.map(\.identity))
        return family.filter { !$0.isZombie }.map(\.identity)
    }

    /// SIGKILL to all of them.
    mutating func killAll() {
        // Until a look finds nobody new: some may fork while the others are signalled.
        var told: Set<ProcessIdentity> = []
        for _ in 0..<20 {
            let new = Set(look(thoroughly: true)).subtracting(told)
            if new.isEmpty { return }
            for process in new { process.signal(SIGKILL) }
            told.formUnion(new)
        }
    }

    private func isMarked(_ pid: Int32) -> Bool {
        let environment = ProcessFiles.environment(pid)
        if environment["HALCYON_AGENT"] == agent, environment["HALCYON_INSTANCE"] == instance { return true }
        // One that has cleared its environment may still write to the instance's log, which nobody else does.
        return [1, 2].contains { ProcessFiles.link("/proc/\(pid)/fd/\($0)") == log }
    }
}

extension ProcessIdentity {
    /// Sends a signal to this very process, never to another one that was given its pid.
    func signal(_ number: Int32) {
        let handle = chost_pidfd_open(pid)
        guard handle >= 0 else { return }
        let descriptor = Descriptor(handle)
        // The handle stays with its process; so if it is the right one now, it is the right one for the signal.
        if isAlive { _ = chost_pidfd_send_signal(descriptor.number, number) }
    }
}
