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

/// The recording rules, likewise.
struct RuleList: Encodable {
    struct Rule: Encodable {
        var name: String
        var query: String
        var labels: [String: String]?
        var health: String
        var lastError: String?
        var evaluationTime: Double
        var lastEvaluation: String
        var type = "recording"
    }

    struct Group: Encodable {
        var name: String
        var file: String
        var rules: [Rule]
        /// In seconds.
        var interval: Double
        var limit: Int
        var evaluationTime: Double
        var lastEvaluation: String
    }

    var groups: [Group]

    init(_ groups: [RuleGroupStatus]) {
        self.groups = groups.map { group in
            let rules = group.rules.map { rule in
                Rule(
                    name: rule.name, query: rule.query, labels: rule.labels.isEmpty ? nil : rule.labels,
                    health: rule.evaluatedAt == nil ? "unknown" : rule.failure == nil ? "ok" : "err",
                    lastError: rule.failure, evaluationTime: rule.duration,
                    lastEvaluation: (rule.evaluatedAt ?? .epoch).description)
            }
            return Group(
                name: group.name, file: group.file, rules: rules, interval: group.interval.seconds, limit: group.limit,
                evaluationTime: group.rules.reduce(0) { $0 + $1.duration },
                lastEvaluation: (group.rules.compactMap(\.evaluatedAt).max() ?? .epoch).description)
        }
    }
}
