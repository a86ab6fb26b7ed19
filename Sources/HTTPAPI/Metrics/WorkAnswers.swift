import Ports
import Values

/// What is scraped, as Prometheus' API shows it.
struct TargetList: Encodable {
    struct Target: Encodable {
        var discoveredLabels: [String: String]
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

    struct Dropped: Encodable {
        var discoveredLabels: [String: String]
        var scrapePool: String
    }

    var activeTargets: [Target] = []
    var droppedTargets: [Dropped] = []
    var droppedTargetCounts: [String: Int] = [:]

    /// - Parameters:
    ///   - state: `active`, `dropped`, or anything else for both.
    ///   - pool: the only one that is listed; `nil` for all.
    init(_ targets: TargetsStatus, state: String?, pool: String?) {
        let state = state?.lowercased() ?? ""
        func isWanted(_ name: String) -> Bool { pool.map { $0 == name } ?? true }
        if state != "dropped" {
            activeTargets = targets.active.filter { isWanted($0.pool) }.map { target in
                Target(
                    discoveredLabels: target.discovered, labels: target.labels, scrapePool: target.pool,
                    scrapeUrl: target.url, globalUrl: target.url, lastError: target.failure ?? "",
                    lastScrape: (target.scrapedAt ?? .epoch).description, lastScrapeDuration: target.duration,
                    health: target.health.rawValue, scrapeInterval: "\(target.interval)",
                    scrapeTimeout: "\(target.timeout)")
            }
        }
        if state != "active" {
            droppedTargets = targets.dropped.filter { isWanted($0.pool) }
                .map { Dropped(discoveredLabels: $0.discovered, scrapePool: $0.pool) }
            droppedTargetCounts = targets.droppedCounts.filter { isWanted($0.key) }
        }
    }
}

/// The names of everything that is scraped in one way.
struct ScrapePools: Encodable {
    var scrapePools: [String]
}
