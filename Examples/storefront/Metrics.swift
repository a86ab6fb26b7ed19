import Glibc
import Synchronization

/// The pages that are counted apart. What only machines ask for (health, metrics) is not counted: it would dilute the
/// share of errors that customers see.
enum Route: String, CaseIterable {
    case front = "/"
    case products = "/products"
    case checkout = "/checkout"
    case other
    case machine

    init(_ path: some StringProtocol) {
        let machines = ["/healthz", "/version", "/metrics", "/fault"]
        self = machines.contains(String(path)) ? .machine : Route(rawValue: String(path)) ?? .other
    }
}

/// Counts, in the Prometheus text format.
final class Metrics: Sendable {
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Counts {
        /// Shown as 0 from the start on, so that the first error of all is an increase as well.
        var requests: [Route: [Int: Int]] = [
            .front: [200: 0, 500: 0], .products: [200: 0, 500: 0], .checkout: [200: 0, 500: 0],
        ]
        /// For each route, how many took at most as long as each bound says, and no less than the one before.
        var buckets: [Route: [Int]] = [:]
        var seconds: [Route: Double] = [:]
        var attempts = 0
        var successes = 0
    }

    private let counts = Mutex(Counts())
    private let inFlight = Atomic(0)
    private let started: Double = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000
    }()

    var queueDepth: Int { inFlight.load(ordering: .relaxed) }

    func begin(_ route: Route) {
        if route != .machine { inFlight.add(1, ordering: .relaxed) }
    }

    func end(_ route: Route, code: Int, seconds: Double) {
        if route == .machine { return }
        inFlight.subtract(1, ordering: .relaxed)
        let bucket = Metrics.bounds.firstIndex { seconds <= $0 } ?? Metrics.bounds.count
        counts.withLock { counts in
            counts.requests[route, default: [:]][code, default: 0] += 1
            counts.buckets[route, default: Array(repeating: 0, count: Metrics.bounds.count + 1)][bucket] += 1
            counts.seconds[route, default: 0] += seconds
        }
    }

    func checkout(succeeded: Bool) {
        counts.withLock { counts in
            counts.attempts += 1
            counts.successes += succeeded ? 1 : 0
        }
    }

    /// As if the process had begun anew.
    func reset() {
        counts.withLock { $0 = Counts() }
    }

    /// - Parameter notANumber: show `NaN` in place of every value.
    func text(notANumber: Bool) -> String {
        let counts = counts.withLock { $0 }
        var page = Page(notANumber: notANumber)
        page.family("http_requests_total", "counter", "Requests answered, by page and status.")
        for route in Route.allCases {
            for (code, count) in (counts.requests[route] ?? [:]).sorted(by: { $0.key < $1.key }) {
                page.add(#"http_requests_total{route="\#(route.rawValue)",code="\#(code)"}"#, Double(count))
            }
        }
        page.family("http_request_duration_seconds", "histogram", "How long answers took.")
        for route in Route.allCases {
            guard let buckets = counts.buckets[route] else { continue }
            let label = #"route="\#(route.rawValue)""#
            var sum = 0
            for (bound, count) in zip(Metrics.bounds.map { "\($0)" } + ["+Inf"], buckets) {
                sum += count
                page.add(#"http_request_duration_seconds_bucket{\#(label),le="\#(bound)"}"#, Double(sum))
            }
            page.add("http_request_duration_seconds_sum{\(label)}", counts.seconds[route] ?? 0)
            page.add("http_request_duration_seconds_count{\(label)}", Double(sum))
        }
        page.single("checkout_attempt_total", "counter", "Orders that were tried.", Double(counts.attempts))
        page.single("checkout_success_total", "counter", "Orders that were accepted.", Double(counts.successes))
        page.single("queue_depth", "gauge", "Requests being worked on.", Double(queueDepth))
        page.single("process_start_time_seconds", "gauge", "When the process began, in Unix time.", started)
        page.single("process_resident_memory_bytes", "gauge", "Memory in use.", Double(residentMemory()))
        return page.text
    }

    private func residentMemory() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// The text format: two lines about each family, then a line a sample.
private struct Page {
    let notANumber: Bool
    var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func add(_ sample: String, _ value: Double) {
        let shown = value == value.rounded() && value < 1e15 ? "\(Int(value))" : "\(value)"
        text += "\(sample) \(notANumber ? "NaN" : shown)\n"
    }

    mutating func single(_ name: String, _ type: String, _ help: String, _ value: Double) {
        family(name, type, help)
        add(name, value)
    }
}
