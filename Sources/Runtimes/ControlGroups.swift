import CHost
import Glibc
import Specs
import Values

/// The kernel's groups of processes: where they can be had, an instance's every process is known, limited and ended together.
///
/// Membership, killing and processor time come from version 2, or where that is missing from version 1's freezer;
/// limits from version 2 where its controllers are there, else from version 1.
struct ControlGroups: Sendable {
    /// Which of the kernel's hierarchies are used.
    enum Use: Sendable {
        case all, onlyLegacy, none
    }

    /// Where the groups of version 2 are; `nil` when they cannot be used.
    let place: GroupPlace?
    /// All folders that may hold groups of this agent's instances, `place` first.
    let folders: [String]
    let legacyRoot = "/sys/fs/cgroup"
    /// The hierarchy of version 1 that tells who belongs to an instance, where version 2 cannot.
    private let legacyMembership: String?
    let name: String
    /// Held as long as this agent lives: whoever tidies up leaves its groups alone.
    private let claim: Descriptor?

    /// Why groups cannot be had, for a person.
    let warning: String?

    /// - Parameters:
    ///   - agent: keeps the groups of two agents on one host apart.
    ///   - own: the path of this process's group.
    init(agent: String, use: Use = .all, own: String? = GroupFiles.own) {
        name = "halcyon-\(agent.prefix(12))"
        var place: GroupPlace?
        var reason: String?
        if use == .all, let root = ControlGroups.root {
            do throws(SystemError) {
                place = try GroupPlace.find(root: root, own: own ?? "/", name: name)
            } catch {
                reason = "\(error); run the agent as root, or delegate it a group"
            }
            folders = GroupPlace.known(root: root, own: own ?? "/", name: name)
        } else {
            folders = []
        }
        self.place = place
        claim = place.flatMap { GroupFiles.claim($0.folder, LOCK_SH) }
        legacyMembership =
            place != nil || use == .none
            ? nil
            : ["freezer", "pids", "memory", "cpu"].first { access("/sys/fs/cgroup/\($0)/cgroup.procs", W_OK) == 0 }
        warning =
            place != nil || legacyMembership != nil
            ? nil
            : "no control groups\(reason.map { ": \($0)" } ?? " on this host"): limits cannot be had, and a child that hides "
                + "from its parent, its session and its environment may outlive its instance"
    }

    private static var root: String? {
        ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first { access("\($0)/cgroup.controllers", F_OK) == 0 }
    }

    // MARK: Making

    /// Makes the groups of an instance.
    ///
    /// - Returns: open `cgroup.procs` files for the process to join, and what could not be had.
    func make(instance: String, limits: ResourceLimits) -> (joins: [Descriptor], warnings: [String]) {
        guard place != nil || legacyMembership != nil else {
            return ([], limits == ResourceLimits() ? [] : ["limits of \(instance) cannot be had on this host"])
        }
        var joins: [String: Descriptor] = [:]
        var warnings: [String] = []
        var group: String?
        if let place {
            group = "\(place.folder)/\(instance)"
            // Somebody tidy may have removed the agent's own group while it was empty.
            for _ in 0..<10 {
                place.prepare()
                if mkdir("\(place.folder)/\(instance)", 0o755) == 0 || errno != ENOENT { break }
            }
        } else if let legacyMembership {
            group = legacy(legacyMembership, instance)
        }
        if let group { join(group, &joins, &warnings) }
        for (controller, settings) in wanted(limits) {
            if let place, place.controllers.contains(controller) {
                for (file, value) in settings.modern { set(value, "\(place.folder)/\(instance)", file, &warnings) }
            } else if access("\(legacyRoot)/\(controller)/cgroup.procs", F_OK) == 0 {
                let group = legacy(controller, instance)
                join(group, &joins, &warnings)
                for (file, value) in settings.legacy { set(value, group, file, &warnings) }
            } else {
                warnings.append("this host cannot limit \(controller)")
            }
        }
        return (joins.sorted { $0.key < $1.key }.map(\.value), warnings.map { "\(instance): \($0)" })
    }

    private func legacy(_ controller: String, _ instance: String) -> String {
        "\(legacyRoot)/\(controller)/\(name)-\(instance)"
    }

    private func join(_ group: String, _ joins: inout [String: Descriptor], _ warnings: inout [String]) {
        mkdir(group, 0o755)
        guard joins[group] == nil else { return }
        let number = open("\(group)/cgroup.procs", O_WRONLY | O_CLOEXEC)
        if number >= 0 {
            joins[group] = Descriptor(number)
        } else {
            warnings.append("\(SystemError("opening \(group)/cgroup.procs"))")
        }
    }

    private func set(_ value: String, _ group: String, _ file: String, _ warnings: inout [String]) {
        if !GroupFiles.put(value, into: "\(group)/\(file)") {
            warnings.append("\(SystemError("setting \(file) to \(value)"))")
        }
    }

    // MARK: Looking

    /// The group that every process of an instance is in.
    private func group(of instance: String) -> String? {
        let candidates = folders.map { "\($0)/\(instance)" } + (legacyMembership.map { [legacy($0, instance)] } ?? [])
        return candidates.first { access("\($0)/cgroup.procs", F_OK) == 0 }
    }

    /// Whether an instance has a group.
    func has(instance: String) -> Bool { group(of: instance) != nil }

    /// Every process of an instance; `nil` where groups cannot be had.
    func processes(instance: String) -> [Int32]? {
        guard let group = group(of: instance), let bytes = try? AtomicFile.read("\(group)/cgroup.procs") else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
    }

    /// Processor time that an instance has used, in microseconds.
    func processorTime(instance: String) -> UInt64? {
        guard let group = group(of: instance) else { return nil }
        for line in GroupFiles.text("\(group)/cpu.stat").split(separator: "\n") where line.hasPrefix("usage_usec ") {
            return UInt64(line.dropFirst(11))
        }
        return nil
    }

    /// The instances that have a group.
    func instances() -> [String] {
        var found: Set<String> = []
        for folder in folders {
            found.formUnion(ProcessFiles.folder(folder).filter { access("\(folder)/\($0)/cgroup.procs", F_OK) == 0 })
        }
        if let legacyMembership {
            let names = ProcessFiles.folder("\(legacyRoot)/\(legacyMembership)")
            found.formUnion(names.filter { $0.hasPrefix("\(name)-") }.map { String($0.dropFirst(name.count + 1)) })
        }
        return found.sorted()
    }

    // MARK: Ending

    /// SIGKILL to every process of an instance, those that it forks meanwhile included.
    ///
    /// - Returns: false where groups cannot be had.
    func kill(instance: String) -> Bool {
        guard let group = group(of: instance) else { return false }
        if GroupFiles.put("1", into: "\(group)/cgroup.kill") { return true }
        // Older kernels. Frozen, none of them can fork; where that cannot be had, until none is left.
        let isFrozen = freeze(group)
        defer { if isFrozen { GroupFiles.put("THAWED", into: "\(group)/freezer.state") } }
        for _ in 0..<(isFrozen ? 1 : 50) {
            let left = (processes(instance: instance) ?? []).compactMap { ProcessIdentity(pid: $0) }
            if left.isEmpty { return true }
            // A pid may have been given away since it was read; a process that is in the group still is meant.
            let members = Set(processes(instance: instance) ?? [])
            for process in left where members.contains(process.pid) { process.signal(SIGKILL) }
        }
        return true
    }

    /// Stops every process of a group of version 1, for at most a tenth of a second.
    private func freeze(_ group: String) -> Bool {
        let file = "\(group)/freezer.state"
        guard GroupFiles.put("FROZEN", into: file) else { return false }
        for _ in 0..<100 {
            if GroupFiles.text(file).hasPrefix("FROZEN") { return true }
            usleep(1000)
        }
        GroupFiles.put("THAWED", into: file)
        return false
    }

    /// Removes the groups of an instance that has ended.
    ///
    /// - Returns: false when a process is still in them: try again later.
    func remove(instance: String) -> Bool {
        var isGone = true
        let groups =
            folders.map { "\($0)/\(instance)" } + ControlGroups.legacyControllers.map { legacy($0, instance) }
        for group in groups {
            isGone = (rmdir(group) == 0 || errno == ENOENT || errno == ENOTDIR) && isGone
        }
        return isGone
    }

    static let legacyControllers = GroupPlace.wantedControllers + ["freezer"]

}
