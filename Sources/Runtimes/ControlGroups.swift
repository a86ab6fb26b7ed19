import CHost
import Glibc
import Specs
import Values

/// The kernel's groups of processes: where they can be had, an instance's every process is known, limited and ended together.
///
/// Membership, killing and processor time come from version 2; limits from version 2 where its controllers are there,
/// else from version 1.
struct ControlGroups: Sendable {
    /// The root of the version 2 hierarchy, with this agent's part of the path; `nil` when it cannot be used.
    let unified: String?
    private let controllers: Set<String>
    private let legacyRoot = "/sys/fs/cgroup"
    private let name: String

    /// Why groups cannot be had, for a person.
    let warning: String?

    /// - Parameters:
    ///   - agent: keeps the groups of two agents on one host apart.
    ///   - areWanted: false to do without them where they could be had.
    init(agent: String, areWanted: Bool = true) {
        name = "halcyon-\(agent.prefix(12))"
        let root = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first { access("\($0)/cgroup.controllers", F_OK) == 0 }
        guard areWanted, let root else {
            (unified, controllers) = (nil, [])
            warning =
                "this host has no control groups (version 2): limits cannot be had, and a child that hides from its parent, "
                + "its session and its environment may outlive its instance"
            return
        }
        let own = "\(root)/\(name)"
        if mkdir(own, 0o755) != 0, errno != EEXIST {
            (unified, controllers) = (nil, [])
            warning =
                "no control groups: \(SystemError("making \(own)")); run the agent as root, or delegate it a group"
            return
        }
        unified = own
        let text = String(decoding: ((try? AtomicFile.read("\(root)/cgroup.controllers")) ?? nil) ?? [], as: UTF8.self)
        controllers = Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
        warning = nil
        for controller in ["memory", "cpu", "pids"] where controllers.contains(controller) {
            ControlGroups.put("+\(controller)", into: "\(root)/cgroup.subtree_control")
            ControlGroups.put("+\(controller)", into: "\(own)/cgroup.subtree_control")
        }
    }

    /// Makes the groups of an instance.
    ///
    /// - Returns: open `cgroup.procs` files for the process to join, and what could not be had.
    func make(instance: String, limits: ResourceLimits) -> (joins: [Descriptor], warnings: [String]) {
        guard let unified else { return ([], []) }
        var joins: [Descriptor] = []
        var warnings: [String] = []
        let group = "\(unified)/\(instance)"
        // Somebody tidy may have removed the agent's own group while it was empty.
        mkdir(unified, 0o755)
        mkdir(group, 0o755)
        join(group, &joins, &warnings)
        for (controller, settings) in wanted(limits) {
            if controllers.contains(controller) {
                for (file, value) in settings.modern { set(value, group, file, &warnings) }
            } else if access("\(legacyRoot)/\(controller)/cgroup.procs", F_OK) == 0 {
                let legacy = "\(legacyRoot)/\(controller)/\(name)-\(instance)"
                mkdir(legacy, 0o755)
                for (file, value) in settings.legacy { set(value, legacy, file, &warnings) }
                join(legacy, &joins, &warnings)
            } else {
                warnings.append("this host cannot limit \(controller)")
            }
        }
        return (joins, warnings)
    }

    /// Whether an instance has a group.
    func has(instance: String) -> Bool {
        unified.map { access("\($0)/\(instance)", F_OK) == 0 } ?? false
    }

    /// Every process of an instance; `nil` where groups cannot be had.
    func processes(instance: String) -> [Int32]? {
        guard let unified, let bytes = try? AtomicFile.read("\(unified)/\(instance)/cgroup.procs") else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
    }

    /// Processor time that an instance has used, in microseconds.
    func processorTime(instance: String) -> UInt64? {
        guard let unified, let bytes = try? AtomicFile.read("\(unified)/\(instance)/cpu.stat") else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("usage_usec ") {
            return UInt64(line.dropFirst(11))
        }
        return nil
    }

    /// SIGKILL to every process of an instance, those that it forks meanwhile included.
    ///
    /// - Returns: false where groups cannot be had.
    func kill(instance: String) -> Bool {
        guard let unified, has(instance: instance) else { return false }
        if ControlGroups.put("1", into: "\(unified)/\(instance)/cgroup.kill") { return true }
        // Older kernels: until none is left, because a process may fork while the list is read.
        for _ in 0..<50 {
            let left = (processes(instance: instance) ?? []).compactMap { ProcessIdentity(pid: $0) }
            if left.isEmpty { return true }
            // A pid may have been given away since it was read; a process that is in the group still is meant.
            let members = Set(processes(instance: instance) ?? [])
            for process in left where members.contains(process.pid) { process.signal(SIGKILL) }
        }
        return true
    }

    /// Removes the groups of an instance that has ended.
    ///
    /// - Returns: false when a process is still in them: try again later.
    func remove(instance: String) -> Bool {
        guard let unified else { return true }
        var isGone = rmdir("\(unified)/\(instance)") == 0 || errno == ENOENT
        for controller in ["memory", "cpu", "pids"] {
            let legacy = "\(legacyRoot)/\(controller)/\(name)-\(instance)"
            isGone = (rmdir(legacy) == 0 || errno == ENOENT || errno == ENOTDIR) && isGone
        }
        return isGone
    }

    /// The instances that have a group.
    func instances() -> [String] {
        guard let unified else { return [] }
        return ProcessFiles.folder(unified).filter { access("\(unified)/\($0)/cgroup.procs", F_OK) == 0 }
    }

    private struct Settings {
        var modern: [(String, String)]
        var legacy: [(String, String)]
    }

    private func wanted(_ limits: ResourceLimits) -> [(String, Settings)] {
        var wanted: [(String, Settings)] = []
        if let memory = limits.memory {
            let value = "\(memory.bytes)"
            wanted.append(
                ("memory", Settings(modern: [("memory.max", value)], legacy: [("memory.limit_in_bytes", value)])))
        }
        if let cpu = limits.cpu {
            let quota = "\(Int(cpu * 100_000))"
            let legacy = [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", quota)]
            wanted.append(("cpu", Settings(modern: [("cpu.max", "\(quota) 100000")], legacy: legacy)))
        }
        if let processes = limits.processes {
            let value = [("pids.max", "\(processes)")]
            wanted.append(("pids", Settings(modern: value, legacy: value)))
        }
        return wanted
    }

    private func join(_ group: String, _ joins: inout [Descriptor], _ warnings: inout [String]) {
        let number = open("\(group)/cgroup.procs", O_WRONLY | O_CLOEXEC)
        if number >= 0 {
            joins.append(Descriptor(number))
        } else {
            warnings.append("\(SystemError("opening \(group)/cgroup.procs"))")
        }
    }

    private func set(_ value: String, _ group: String, _ file: String, _ warnings: inout [String]) {
        if !ControlGroups.put(value, into: "\(group)/\(file)") {
            warnings.append("\(SystemError("setting \(file) to \(value)"))")
        }
    }

    @discardableResult
    private static func put(_ text: String, into path: String) -> Bool {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        let file = Descriptor(number)
        return (try? AtomicFile.writeAll(Array(text.utf8), to: file.number, path: path)) != nil
    }
}
