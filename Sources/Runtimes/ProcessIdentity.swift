import Glibc

/// Tells a process from every other one, even after its pid was given away: pid, start time and boot.
public struct ProcessIdentity: Hashable, Codable, Sendable {
    public var pid: Int32
    /// In clock ticks since the boot, from `/proc/PID/stat`.
    public var startTime: UInt64
    /// The kernel's random identifier of this boot.
    public var boot: String

    /// The process that has this pid now; `nil` when there is none.
    public init?(pid: Int32) {
        guard let fields = ProcessFiles.stat(pid) else { return nil }
        self.init(pid: pid, stat: fields)
    }

    /// - Parameter stat: as `ProcessFiles.stat` answers.
    init?(pid: Int32, stat: [String]) {
        guard let startTime = UInt64(stat[safe: 19] ?? "") else { return nil }
        self.pid = pid
        self.startTime = startTime
        boot = ProcessFiles.bootIdentifier
    }

    /// Whether the very process still runs: not ended, not a zombie, not another one with its pid.
    public var isAlive: Bool {
        guard let fields = ProcessFiles.stat(pid), ProcessIdentity(pid: pid, stat: fields) == self else { return false }
        return fields.first != "Z" && fields.first != "X"
    }
}

/// What the kernel shows of processes under `/proc`.
public enum ProcessFiles {
    /// Changes when the host boots.
    public static let bootIdentifier: String = {
        let bytes = (try? AtomicFile.read("/proc/sys/kernel/random/boot_id")) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).filter { !$0.isNewline }
    }()

    /// The fields of `/proc/PID/stat` from the third on (state, parent, …): the second may hold anything.
    static func stat(_ pid: Int32) -> [String]? {
        guard let bytes = (try? AtomicFile.read("/proc/\(pid)/stat")) ?? nil else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ").map(String.init)
    }

    /// The environment that a process was started with.
    public static func environment(_ pid: Int32) -> [String: String] {
        guard let bytes = (try? AtomicFile.read("/proc/\(pid)/environ")) ?? nil else { return [:] }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return variables
    }

    /// The user that a process runs as.
    static func owner(_ pid: Int32) -> uid_t? {
        var status = Glibc.stat()
        return lstat("/proc/\(pid)", &status) == 0 ? status.st_uid : nil
    }

    /// The children of this process; every process where the kernel does not list them.
    static var ownChildren: [Int32] {
        guard access("/proc/self/task/\(getpid())/children", F_OK) == 0 else { return allProcesses() }
        return folder("/proc/self/task").flatMap { thread in
            let bytes = (try? AtomicFile.read("/proc/self/task/\(thread)/children")) ?? nil
            return String(decoding: bytes ?? [], as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        }
    }

    public static func allProcesses() -> [Int32] { folder("/proc").compactMap { Int32($0) } }

    /// The descriptors of a process that are a socket with this inode.
    public static func descriptors(of pid: Int32, socket inode: Int64) -> [Int32] {
        folder("/proc/\(pid)/fd").compactMap { Int32($0) }.filter { descriptor in
            link("/proc/\(pid)/fd/\(descriptor)") == "socket:[\(inode)]"
        }
    }

    /// Whether this process may see the descriptors of another one. True for one that is gone.
    static func showsDescriptors(_ pid: Int32) -> Bool {
        guard let stream = opendir("/proc/\(pid)/fd") else { return errno != EACCES && errno != EPERM }
        closedir(stream)
        return true
    }

    /// Where processes of this host work and what programs they run: those of their folders and files that are below `path`.
    public static func placesInUse(below path: String) -> Set<String> {
        Set(
            allProcesses().flatMap { pid in ["cwd", "exe"].compactMap { link("/proc/\(pid)/\($0)") } }
                .filter { $0.hasPrefix("\(path)/") })
    }

    /// Resident memory in bytes, and processor time in clock ticks.
    static func usage(_ pid: Int32) -> (memory: Int64, ticks: UInt64)? {
        guard let fields = stat(pid), let user = UInt64(fields[safe: 11] ?? ""),
            let system = UInt64(fields[safe: 12] ?? ""), let pages = Int64(fields[safe: 21] ?? "")
        else { return nil }
        return (pages * Int64(sysconf(Int32(_SC_PAGESIZE))), user + system)
    }

    /// The names in a folder, without `.` and `..`; none when it cannot be read.
    public static func folder(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func link(_ path: String) -> String? {
        var room = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &room, room.count)
        return count > 0 ? String(decoding: room.prefix(count), as: UTF8.self) : nil
    }
}

extension Array {
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
