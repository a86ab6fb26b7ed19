import Wire

/// The routes of metrics: Prometheus' API, and where metrics come in.
enum MetricsRoute: Hashable, Sendable {
    case query
    case queryRange
    case exemplars
    case formatQuery
    case parseQuery
    case series
    case labels
    case labelValues(label: String)
    case metadata
    case targets
    case scrapePools
    case targetMetadata
    case rules
    case alerts
    case alertmanagers
    case snapshot
    case status(Status)
    case remoteWrite
    case importText
    case otlp
    case ready
    case healthy
    /// Nothing that there is.
    case unknown

    enum Status: String, CaseIterable, Sendable {
        case buildinfo, config, flags, runtimeinfo, tsdb, walreplay
    }

    private static let api = "/prometheus/api/v1/"

    private static let named: [String: MetricsRoute] = {
        var named: [String: MetricsRoute] = [
            "query": .query, "query_range": .queryRange, "query_exemplars": .exemplars, "format_query": .formatQuery,
            "parse_query": .parseQuery, "series": .series, "labels": .labels, "metadata": .metadata,
            "targets": .targets, "scrape_pools": .scrapePools, "targets/metadata": .targetMetadata, "rules": .rules,
            "alerts": .alerts,
            "alertmanagers": .alertmanagers, "admin/tsdb/snapshot": .snapshot, "write": .remoteWrite,
            "import/prometheus": .importText,
        ]
        for status in Status.allCases { named["status/\(status.rawValue)"] = .status(status) }
        return named
    }()

    /// `nil` when the address is none of metrics.
    init?(_ uri: String) {
        guard uri.utf8.starts(with: "/prometheus/".utf8) || uri.utf8.starts(with: "/otlp/".utf8) else { return nil }
        let path = uri.prefix { $0 != "?" }
        switch path {
        case "/otlp/v1/metrics", "/prometheus/api/v1/otlp/v1/metrics": self = .otlp
        case "/prometheus/-/ready": self = .ready
        case "/prometheus/-/healthy": self = .healthy
        default: self = MetricsRoute.named(String(path)) ?? .unknown
        }
    }

    private static func named(_ path: String) -> MetricsRoute? {
        guard path.hasPrefix(api) else { return nil }
        let rest = path.dropFirst(api.count)
        if let route = named[String(rest)] { return route }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "label", parts[2] == "values",
            let label = PercentEncoding.decode(parts[1]), !label.isEmpty
        else { return nil }
        return .labelValues(label: label)
    }

    /// As the server's own metrics name it.
    var label: String {
        switch self {
        case .labelValues: return MetricsRoute.api + "label/{name}/values"
        case .otlp: return "/otlp/v1/metrics"
        case .ready: return "/prometheus/-/ready"
        case .healthy: return "/prometheus/-/healthy"
        case .unknown: return "/prometheus"
        default: return MetricsRoute.api + (MetricsRoute.named.first { $0.value == self }?.key ?? "")
        }
    }

    var bringsIn: Bool {
        switch self {
        case .remoteWrite, .importText, .otlp: return true
        default: return false
        }
    }

    var access: Access {
        switch self {
        case .ready, .healthy: return .open
        case .unknown: return .roles([.viewer, .metrics])
        case .snapshot: return .admin
        default: return bringsIn ? .roles([.metrics]) : .viewer
        }
    }

    /// The methods by which it is asked.
    var methods: [String] {
        if bringsIn { return ["POST"] }
        switch self {
        case .snapshot: return ["POST", "PUT"]
        case .query, .queryRange, .exemplars, .formatQuery, .parseQuery, .series, .labels: return ["GET", "POST"]
        default: return ["GET"]
        }
    }

    /// The largest body, in bytes, as it comes.
    var bodyLimit: Int { bringsIn ? 16 << 20 : Limits.jsonBytes }
}
