import Ports
import Values

/// What is scraped, as Prometheus' API shows it.
struct TargetList: Encodable {
    struct Target: Encodable {
        var discoveredLabels: [String: String] = [:]
        var labels: [String: String]
        var scrapePool: String
        var scrapeUrl: String
        var globalUrl: String
        var lastError: String
        var lastScrape: String
        var lastScrapeDuration: Double
        var health: String
        var scrapeInterval: String
        var scrapeTimeout: String
    }

    var activeTargets: [Target]
    var droppedTargets: [String] = []
    var droppedTargetCounts: [String: Int] = [:]

    init(_ targets: [TargetStatus]) {
        activeTargets = targets.map { target in
            // The agent asks an instance by its own socket: there is no address that others could ask.
            let url = "http://\(target.labels["host"] ?? "")\(target.path)"
            return Target(
                labels: target.labels, scrapePool: target.pool, scrapeUrl: url, globalUrl: url,
                lastError: target.failure ?? "", lastScrape: (target.scrapedAt ?? .epoch).description,
                lastScrapeDuration: target.duration,
                health: target.scrapedAt == nil ? "unknown" : target.failure == nil ? "up" : "down",
                scrapeInterval: "\(target.interval)", scrapeTimeout: "\(target.timeout)")
        }
    }
}
