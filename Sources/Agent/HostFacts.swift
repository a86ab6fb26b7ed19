import Glibc
import Runtimes
import Wire

/// What the kernel tells of the host as a whole.
enum HostFacts {
    static func load(dataFolder: String) -> HostLoad {
        let memory = meminfo()
        var status = statvfs()
        let disk = statvfs(dataFolder, &status) == 0 ? Int64(status.f_bavail) * Int64(status.f_frsize) : 0
        return HostLoad(
            cpus: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), loadAverage: loadAverage,
            memoryTotal: memory["MemTotal"] ?? 0, memoryAvailable: memory["MemAvailable"] ?? 0, diskAvailable: disk)
    }

    private static var loadAverage: Double {
        Double(text("/proc/loadavg").prefix { $0 != " " }) ?? 0
    }

    private static func meminfo() -> [String: Int64] {
        var values: [String: Int64] = [:]
        for line in text("/proc/meminfo").split(separator: "\n").prefix(4) {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            if parts.count >= 2, let kibibytes = Int64(parts[1]) { values[String(parts[0])] = kibibytes << 10 }
        }
        return values
    }

    private static func text(_ path: String) -> String {
        String(decoding: ((try? AtomicFile.read(path)) ?? nil) ?? [], as: UTF8.self)
    }
}
