import FoundationEssentials
import Glibc
import Ports

/// The server's own metrics in the Prometheus text format.
enum MetricsText {
    static func render(_ counters: ServerCounters, metrics: MetricsCondition? = nil) -> String {
        var text = ""
        func add(_ name: String, _ kind: String, _ help: String, _ lines: [(labels: String, value: String)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for line in lines { text += "\(name)\(line.labels) \(line.value)\n" }
        }
        add("process_cpu_seconds_total", "counter", "Processor time used.", [("", "\(processorSeconds())")])
        if let memory = residentBytes() {
            add("process_resident_memory_bytes", "gauge", "Resident memory.", [("", "\(memory)")])
        }
        add("halcyon_open_connections", "gauge", "Open HTTP connections.", [("", "\(counters.openConnections)")])
        add("halcyon_agent_streams", "gauge", "Agents with an open stream.", [("", "\(counters.agentStreams)")])
        add("halcyon_event_streams", "gauge", "Browsers and terminals that watch.", [("", "\(counters.eventStreams)")])
        add(
            "halcyon_connections_turned_away_total", "counter", "Connections closed because there were too many.",
            [("", "\(counters.connectionsTurnedAway)")])
        add(
            "halcyon_http_requests_total", "counter", "Requests by route and status.",
            counters.requestCounts.map { entry in
                ("{route=\"\(entry.key.route)\",status=\"\(entry.key.status)\"}", "\(entry.count)")
            })
        if let metrics {
            add("halcyon_metrics_series", "gauge", "Series that got samples lately.", [("", "\(metrics.series)")])
            add("halcyon_metrics_blocks", "gauge", "Blocks of metrics on the disk.", [("", "\(metrics.blocks)")])
            add("halcyon_metrics_block_bytes", "gauge", "What they take.", [("", "\(metrics.blockBytes)")])
            let isRefusing = metrics.problem == nil ? 0 : 1
            add("halcyon_metrics_refused", "gauge", "Whether metrics are refused now.", [("", "\(isRefusing)")])
        }
        return text
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// From `/proc`; `nil` where there is none.
    static func residentBytes() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
