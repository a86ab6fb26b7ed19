import FoundationEssentials
import Glibc
import Ports
import Rollouts
import Values

/// The server's own metrics, in the Prometheus text format or in OpenMetrics.
struct MetricsText {
    enum Format {
        case prometheus
        case openMetrics

        var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// What the asker understands best: OpenMetrics only when it is named.
        init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") ?? false ? .openMetrics : .prometheus
        }
    }

    private let format: Format
    private var text = ""

    private init(_ format: Format) { self.format = format }

    static func render(
        _ format: Format, counters: ServerCounters, figures: ServerFigures, metrics: MetricsCondition?
    ) -> String {
        var page = MetricsText(format)
        page.addProcess(counters)
        page.addConnections(counters)
        page.addPlane(figures)
        if let metrics { page.addStore(metrics) }
        if format == .openMetrics { page.text += "# EOF\n" }
        return page.text
    }

    /// `labels` are written as they stand between the braces.
    private mutating func add(
        _ name: String, _ kind: String, _ help: String, _ lines: [(labels: String, value: String)]
    ) {
        // OpenMetrics names a counter without the ending of its samples.
        let family = format == .openMetrics && kind == "counter" ? String(name.dropLast("_total".count)) : name
        text += "# HELP \(family) \(help)\n# TYPE \(family) \(kind)\n"
        for line in lines { text += "\(name)\(line.labels.isEmpty ? "" : "{\(line.labels)}") \(line.value)\n" }
    }

    private mutating func add(_ name: String, _ kind: String, _ help: String, _ value: Int) {
        add(name, kind, help, [("", "\(value)")])
    }

    private mutating func addProcess(_ counters: ServerCounters) {
        add("process_cpu_seconds_total", "counter", "Processor time used.", [("", "\(MetricsText.processorSeconds())")])
        if let memory = MetricsText.residentBytes() {
            add("process_resident_memory_bytes", "gauge", "Resident memory.", memory)
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            add("process_open_fds", "gauge", "Open file descriptors.", files)
        }
        add(
            "process_start_time_seconds", "gauge", "When the server began to serve, since 1970.",
            [("", "\(counters.startedAt.seconds)")])
    }

    private mutating func addConnections(_ counters: ServerCounters) {
        add("halcyon_open_connections", "gauge", "Open HTTP connections.", counters.openConnections)
        add("halcyon_agent_streams", "gauge", "Agents with an open stream.", counters.agentStreams)
        add("halcyon_event_streams", "gauge", "Browsers and terminals that watch.", counters.eventStreams)
        add(
            "halcyon_connections_turned_away_total", "counter", "Connections closed because there were too many.",
            counters.connectionsTurnedAway)
        add(
            "halcyon_http_requests_total", "counter", "Requests by route and status.",
            counters.requestCounts.map { entry in
                ("route=\"\(entry.key.route)\",status=\"\(entry.key.status)\"", "\(entry.count)")
            })
    }

    private mutating func addPlane(_ figures: ServerFigures) {
        add("halcyon_hosts", "gauge", "Hosts that have joined.", figures.hosts)
        add("halcyon_hosts_connected", "gauge", "Hosts that were heard of lately.", figures.connectedHosts)
        add("halcyon_services", "gauge", "Services.", figures.services)
        add(
            "halcyon_rollouts", "gauge", "Rollouts that move, wait, or may still go back, by phase.",
            Phase.allCases.map { ("phase=\"\($0.rawValue)\"", "\(figures.rollouts[$0] ?? 0)") })
        add("halcyon_scraped_instances", "gauge", "Instances whose metrics agents read.", figures.scrapedInstances)
        add("halcyon_scrapes_failing", "gauge", "Those whose last scrape failed.", figures.failingScrapes)
    }

    private mutating func addStore(_ metrics: MetricsCondition) {
        add("halcyon_metrics_series", "gauge", "Series that got samples lately.", metrics.series)
        add("halcyon_metrics_blocks", "gauge", "Blocks of metrics on the disk.", metrics.blocks)
        add("halcyon_metrics_block_bytes", "gauge", "What these blocks take.", metrics.blockBytes)
        add("halcyon_metrics_block_samples", "gauge", "Samples in these blocks.", metrics.blockSamples)
        add(
            "halcyon_metrics_samples_over_limit_total", "counter",
            "Samples refused because of too many series, by whose.",
            metrics.overLimit.prefix(20).map { entry in
                (
                    "source=\"\(entry.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\"",
                    "\(entry.count)"
                )
            })
        add(
            "halcyon_metrics_exemplars_left_out_total", "counter", "Exemplars that came in and are not kept.",
            metrics.exemplars)
        add("halcyon_metrics_refused", "gauge", "1 while no samples are taken in.", metrics.problem == nil ? 0 : 1)
        if let backend = metrics.backend {
            add(
                "halcyon_metrics_backend_up", "gauge", "1 while the backend that is read answers.",
                backend.problem == nil ? 1 : 0)
        }
        if !metrics.deliveries.isEmpty { addDeliveries(metrics.deliveries) }
    }

    private mutating func addDeliveries(_ deliveries: [DeliveryCondition]) {
        func add(_ name: String, _ kind: String, _ help: String, _ value: (DeliveryCondition) -> String) {
            self.add(
                "halcyon_remote_write_" + name, kind, help,
                deliveries.map { delivery in
                    let address = delivery.destination.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                    return ("destination=\"\(address)\"", value(delivery))
                })
        }
        add("samples_total", "counter", "Samples that were delivered.") { "\($0.delivered)" }
        add("failed_total", "counter", "Samples that were refused for good.") { "\($0.refused)" }
        add("dropped_total", "counter", "Samples that were given up because the queue was full.") {
            "\($0.queue.dropped)"
        }
        add("retries_total", "counter", "Attempts that failed and were repeated.") { "\($0.retries)" }
        add("pending_samples", "gauge", "Samples that wait.") { "\($0.queue.pending)" }
        add("lag_seconds", "gauge", "How far what was delivered is behind what came in.") {
            "\(Double($0.lag) / 1000)"
        }
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
