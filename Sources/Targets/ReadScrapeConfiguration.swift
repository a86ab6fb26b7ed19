public import Documents
import Series
import Values

/// Reads a Prometheus configuration: of its sections `global` and `scrape_configs`.
///
/// - Returns: what is scraped, and everything that is wrong. With an error among the issues nothing should be used; warnings name
///   the sections that are not read.
public func readScrapeConfiguration(
    _ node: Node, file: String
) -> (configuration: ScrapeConfiguration, issues: [DocumentIssue]) {
    let log = IssueLog(file: file)
    var configuration = ScrapeConfiguration()
    let sections = [
        "rule_files", "scrape_config_files", "alerting", "remote_write", "remote_read", "storage", "tracing", "runtime",
        "otlp",
    ]
    let cursor = Cursor(node, log: log)
    guard let fields = cursor.fields(["global", "scrape_configs"] + sections, "a configuration of scrapes") else {
        return (configuration, log.issues)
    }
    for section in sections {
        fields[section]?.report("agents do not read '\(section)'", severity: .warning)
    }
    let defaults = ScrapeDefaults(reading: fields["global"])
    configuration.externalLabels = defaults.externalLabels
    for cursor in fields["scrape_configs"]?.items("a list of scrape configurations") ?? [] {
        guard let job = ScrapeJob(reading: cursor, defaults) else { continue }
        if configuration.jobs.contains(where: { $0.name == job.name }) {
            Fields(cursor: cursor)["job_name"]?.report("there are two scrape configurations of the job '\(job.name)'")
        }
        configuration.jobs.append(job)
    }
    if fields["scrape_configs"] == nil { fields.cursor.report("it has no 'scrape_configs'", severity: .warning) }
    return (configuration, log.issues)
}

/// Reads a file of targets: a list of groups.
///
/// - Returns: the groups, and everything that is wrong. With an error among the issues nothing should be used.
public func readTargetGroups(_ node: Node, file: String) -> (groups: [TargetGroup], issues: [DocumentIssue]) {
    let log = IssueLog(file: file)
    let groups = Cursor(node, log: log).targetGroups()
    return (groups, log.issues)
}

/// What the section `global` says for all jobs.
struct ScrapeDefaults {
    var interval = Period.minutes(1)
    var timeout = Period.seconds(10)
    var externalLabels: [(name: String, value: String)] = []
    var limits = ScrapeLimits()
    var node: Node?

    private static let unread = [
        "evaluation_interval", "query_log_file", "rule_query_offset", "scrape_protocols", "scrape_failure_log_file",
        "keep_dropped_targets", "metric_name_validation_scheme", "metric_name_escaping_scheme",
        "scrape_native_histograms", "convert_classic_histograms_to_nhcb", "always_scrape_classic_histograms",
        "extra_scrape_metrics",
    ]

    init(reading cursor: Cursor?) {
        let keys = ["scrape_interval", "scrape_timeout", "external_labels"] + ScrapeLimits.keys + ScrapeDefaults.unread
        guard let cursor, let fields = cursor.fields(keys, "global settings") else { return }
        for key in ScrapeDefaults.unread {
            fields[key]?.report("agents do not read '\(key)'", severity: .warning)
        }
        interval = fields["scrape_interval"]?.period(atLeast: .milliseconds(100)) ?? interval
        timeout = min(timeout, interval)
        if let own = fields["scrape_timeout"], let period = own.period(atLeast: .milliseconds(1)) {
            timeout = period
            if timeout > interval { own.report("it is longer than the scrape_interval, \(interval)") }
        }
        externalLabels = (fields["external_labels"]?.targetLabels() ?? [:]).sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
        limits = ScrapeLimits(reading: fields, limits)
        node = cursor.node
    }
}

extension Cursor {
    /// Groups of targets, as `static_configs` and files of targets have them.
    func targetGroups() -> [TargetGroup] {
        (items("a list of groups of targets") ?? []).compactMap { cursor in
            guard let fields = cursor.fields(["targets", "labels"], "a group of targets") else { return nil }
            let targets = (fields["targets"]?.items("a list of addresses") ?? []).compactMap { target -> String? in
                guard let address = target.text("an address like web-1:9100") else { return nil }
                if address.contains("/") {
                    target.report(
                        "'\(address)' is not an address: it has a '/'",
                        hint: "scheme and path are said by scheme and metrics_path")
                }
                return address
            }
            return TargetGroup(targets: targets, labels: fields["labels"]?.targetLabels() ?? [:])
        }
    }

    /// Labels that a configuration gives.
    func targetLabels() -> [String: String] {
        var labels: [String: String] = [:]
        for (name, cursor) in entries("a mapping of labels") ?? [] {
            if name.isEmpty { cursor.report("a label has a name") }
            if name == Labels.metricName { cursor.report("'\(name)' is the name of a metric, not a label of a target") }
            labels[name] = cursor.text() ?? ""
        }
        return labels
    }
}
