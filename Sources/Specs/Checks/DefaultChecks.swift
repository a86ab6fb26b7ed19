/// A metric that a service shows, by name and labels.
public struct SeenMetric: Hashable, Sendable {
    /// As it is stored: a classic histogram is seen as `…_bucket` and `…_count`, a native one by its own name.
    public var name: String
    /// The names of the labels that its series have.
    public var labels: Set<String>

    public init(name: String, labels: Set<String>) {
        self.name = name
        self.labels = labels
    }
}

/// The checks of a service that shows the usual HTTP metrics and has written none: that requests fail no more often, and that
/// they take no longer.
public enum DefaultChecks {
    /// Counters of requests, and histograms of how long they take, by preference.
    private static let counters = ["http_requests_total", "http_server_requests_total"]
    private static let histograms = ["http_request_duration_seconds", "http_server_request_duration_seconds"]
    /// Labels that hold the status of an answer: of Prometheus' libraries, and of OpenTelemetry.
    private static let statusLabels = ["code", "status", "http_response_status_code", "status_code"]

    /// The names that matter: whoever looks for metrics need not look for others.
    public static let names = counters + histograms.flatMap { [$0, $0 + "_count", $0 + "_bucket"] }

    /// None where the metrics are not the usual ones.
    public static func checks(metrics: [SeenMetric]) -> [CheckSpec] {
        var labels: [String: Set<String>] = [:]
        for metric in metrics { labels[metric.name, default: []].formUnion(metric.labels) }
        return [errors(labels), latency(labels)].compactMap(\.self)
    }

    private static func errors(_ seen: [String: Set<String>]) -> CheckSpec? {
        // A histogram counts requests as well, and often it is all that there is.
        for name in counters + histograms.map({ $0 + "_count" }) {
            guard let labels = seen[name], let status = statusLabels.first(where: labels.contains) else { continue }
            return CheckSpec(name: "errors", kind: .ratio(bad: "\(name){\(status)=~\"5..\"}", total: name))
        }
        return nil
    }

    private static func latency(_ seen: [String: Set<String>]) -> CheckSpec? {
        for name in histograms where seen[name] != nil || seen[name + "_bucket"]?.contains("le") == true {
            return CheckSpec(name: "latency", kind: .latency(histogram: name))
        }
        return nil
    }
}

extension ServiceSpec {
    /// What a rollout of the service is judged by: its own checks, or the usual ones where it has written none.
    ///
    /// - Parameter metrics: What it has been seen to show.
    public func judgedBy(metrics: [SeenMetric]) -> [CheckSpec] {
        guard checks.isEmpty, usesDefaultChecks, run.metrics != nil else { return checks }
        return DefaultChecks.checks(metrics: metrics)
    }
}
