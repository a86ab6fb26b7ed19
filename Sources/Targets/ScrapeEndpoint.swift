public import Values

/// A target that is scraped.
public struct ScrapeEndpoint: Hashable, Sendable {
    /// Names it among all targets of an agent; the same address with other labels is another target.
    public var id: String
    public var pool: String
    /// What was known of it before relabelling.
    public var discovered: [String: String]
    /// What its series are given.
    public var labels: [String: String]
    public var url: String
    public var interval: Period
    public var timeout: Period
}

/// What became of an address that was found.
public enum FoundTarget: Hashable, Sendable {
    case active(ScrapeEndpoint)
    /// A relabelling rule drops it.
    case dropped(discovered: [String: String])
    /// Its labels make no target.
    case wrong(String, discovered: [String: String])
}

extension ScrapeJob {
    /// The targets of some groups, each once.
    public func targets(of groups: [TargetGroup]) -> [FoundTarget] {
        var known: Set<String> = []
        return groups.flatMap { group in
            group.targets.map { target(address: $0, labels: group.labels) }
        }.filter { found in
            guard case .active(let endpoint) = found else { return true }
            return known.insert(endpoint.id).inserted
        }
    }

    private func target(address: String, labels given: [String: String]) -> FoundTarget {
        var labels = LabelPairs(given.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        labels["__address__"] = address
        let usual =
            [
                ("job", name), ("__scrape_interval__", "\(interval)"), ("__scrape_timeout__", "\(timeout)"),
                ("__metrics_path__", path), ("__scheme__", scheme.rawValue),
            ] + parameters.compactMap { entry in entry.values.first.map { ("__param_\(entry.name)", $0) } }
        for (name, value) in usual where !labels.has(name) { labels[name] = value }
        let discovered = labels.dictionary
        guard RelabelRule.apply(relabelling, to: &labels) else { return .dropped(discovered: discovered) }
        let (address, scheme) = (labels["__address__"], labels["__scheme__"])
        guard !address.isEmpty else { return .wrong("it has no address", discovered: discovered) }
        guard !address.contains("/") else {
            return .wrong("'\(address)' is not an address", discovered: discovered)
        }
        guard Scheme(rawValue: scheme) != nil else {
            return .wrong("its scheme '\(scheme)' is neither http nor https", discovered: discovered)
        }
        guard let interval = Period(labels["__scrape_interval__"]), interval >= .milliseconds(100),
            let timeout = Period(labels["__scrape_timeout__"]), timeout >= .milliseconds(1)
        else { return .wrong("its scrape interval or timeout is not a duration", discovered: discovered) }
        guard timeout <= interval else {
            return .wrong("its scrape timeout is longer than its interval", discovered: discovered)
        }
        if labels["instance"].isEmpty { labels["instance"] = address }
        let url = "\(scheme)://\(address)\(ScrapeJob.escaped(labels["__metrics_path__"]))\(query(labels))"
        let visible = labels.visible
        let key = visible.sorted.map { "\($0.name)\u{0}\($0.value)" }.joined(separator: "\u{1}")
        let hash = String(stableHash(name, url, key), radix: 16)
        return .active(
            ScrapeEndpoint(
                id: "\(name)@\(hash)", pool: name, discovered: discovered, labels: visible.dictionary, url: url,
                interval: interval, timeout: timeout))
    }

    /// The parameters; the first value of each may come from a label.
    private func query(_ labels: LabelPairs) -> String {
        var values = Dictionary(parameters.map { ($0.name, $0.values) }) { first, _ in first }
        let prefix = "__param_"
        for label in labels.pairs where label.name.hasPrefix(prefix) {
            let name = String(label.name.dropFirst(prefix.count))
            values[name] = [label.value] + (values[name]?.dropFirst() ?? [])
        }
        let fields = values.sorted { $0.key < $1.key }.flatMap { name, values in
            values.map { "\(ScrapeJob.encoded(name))=\(ScrapeJob.encoded($0))" }
        }
        return fields.isEmpty ? "" : "?" + fields.joined(separator: "&")
    }

    private static let reservedInPaths = Set("/%:@!$&'()*+,;=".utf8)

    /// As in a form.
    private static func encoded(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { percentEncoded(String($0)) }
            .joined(separator: "+")
    }

    private static func escaped(_ path: String) -> String {
        percentEncoded(path.hasPrefix("/") ? path : "/\(path)") { isUnreserved($0) || reservedInPaths.contains($0) }
    }
}
