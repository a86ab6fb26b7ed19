import Specs
import Values

// What a service's limits are in the kernel's words.
extension ControlGroups {
    struct Settings {
        var modern: [(String, String)]
        var legacy: [(String, String)]
    }

    /// By controller.
    func wanted(_ limits: ResourceLimits) -> [(String, Settings)] {
        var wanted: [(String, Settings)] = []
        if let memory = limits.memory {
            let value = "\(memory.bytes)"
            wanted.append(
                ("memory", Settings(modern: [("memory.max", value)], legacy: [("memory.limit_in_bytes", value)])))
        }
        if let cpu = limits.cpu {
            // A server of another release may have let another number pass.
            let range = ResourceLimits.cpuRange
            let quota = "\(Int(max(range.lowerBound, min(cpu, range.upperBound)) * 100_000))"
            let legacy = [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", quota)]
            wanted.append(("cpu", Settings(modern: [("cpu.max", "\(quota) 100000")], legacy: legacy)))
        }
        if let processes = limits.processes {
            let value = [("pids.max", "\(processes)")]
            wanted.append(("pids", Settings(modern: value, legacy: value)))
        }
        return wanted
    }
}
