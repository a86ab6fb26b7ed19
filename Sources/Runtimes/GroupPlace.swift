import CHost
import Glibc

/// Where an agent makes the groups of its instances, in the hierarchy of version 2.
struct GroupPlace: Sendable {
    /// The agent's own folder; it may be gone while it is empty.
    let folder: String
    /// What limits can be set in it.
    let controllers: Set<String>

    static let wantedControllers = ["memory", "cpu", "pids"]

    /// A group that the agent may make groups in.
    private struct Base {
        var path: String
        /// A group whose members have controllers takes no process of its own. Where a service manager starts the agent
        /// itself in this very group, it could not start it a second time.
        var mayControl = true
    }

    /// - Parameters:
    ///   - root: where the hierarchy is mounted.
    ///   - own: the path of the agent's group in it, as `/proc/self/cgroup` has it after `0::`.
    ///   - name: what the agent calls its folder.
    /// - Throws: why the last of the places cannot be had.
    static func find(root: String, own: String, name: String) throws(SystemError) -> GroupPlace {
        var failure = SystemError("making a group in \(root)", code: ENOENT)
        for base in bases(root: root, own: own) {
            let folder = "\(base.path)/\(name)"
            if mkdir(folder, 0o755) != 0, errno != EEXIST {
                failure = SystemError("making \(folder)")
                continue
            }
            if !base.mayControl { stepAside(base.path) }
            let place = GroupPlace(folder: folder, controllers: base.mayControl ? offered(by: base.path) : [])
            place.enable()
            return place
        }
        throw failure
    }

    /// Every folder of this name that may hold instances of an earlier agent, which may have been started another way.
    static func known(root: String, own: String, name: String) -> [String] {
        bases(root: root, own: own).map { "\($0.path)/\(name)" }
    }

    private static func bases(root: String, own: String) -> [Base] {
        var bases: [Base] = []
        let parent = own.lastIndex(of: "/").map { "\(root)\(own[..<$0])" } ?? root
        // The agent's unit, which keeps the agent itself in a group `agent` below it.
        if own.hasSuffix("/agent"), isDelegated(parent) { bases.append(Base(path: parent)) }
        bases.append(Base(path: root))
        if own != "/" { bases.append(Base(path: "\(root)\(own)", mayControl: false)) }
        return bases
    }

    /// Makes the folder again when somebody has removed it while it was empty.
    func prepare() {
        if mkdir(folder, 0o755) == 0 { enable() }
    }

    private func enable() {
        let base = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        for controller in controllers.sorted() {
            GroupFiles.put("+\(controller)", into: "\(base)/cgroup.subtree_control")
            GroupFiles.put("+\(controller)", into: "\(folder)/cgroup.subtree_control")
        }
    }

    private static func offered(by base: String) -> Set<String> {
        let text = GroupFiles.text("\(base)/cgroup.controllers")
        return Set(text.split(whereSeparator: \.isWhitespace).map(String.init)).intersection(wantedControllers)
    }

    /// Leaves the group to its members.
    private static func stepAside(_ group: String) {
        mkdir("\(group)/agent", 0o755)
        GroupFiles.put("\(getpid())", into: "\(group)/agent/cgroup.procs")
    }

    /// Whether the service manager has marked the group as one that others may divide.
    private static func isDelegated(_ group: String) -> Bool {
        chost_is_delegated(group) == 1
    }
}

/// Reading and writing the kernel's small files of groups.
enum GroupFiles {
    static func text(_ path: String) -> String {
        String(decoding: ((try? AtomicFile.read(path)) ?? nil) ?? [], as: UTF8.self)
    }

    @discardableResult
    static func put(_ text: String, into path: String) -> Bool {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        let file = Descriptor(number)
        return (try? AtomicFile.writeAll(Array(text.utf8), to: file.number, path: path)) != nil
    }

    /// The path of this process's group in the hierarchy of version 2; `nil` when there is none.
    static var own: String? {
        text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
    }
}
