public import Documents
public import Specs
public import Values

/// What agents scrape beside the instances of services: what Prometheus calls its scrape configuration.
public struct ScrapeConfiguration: Sendable {
    public var jobs: [ScrapeJob] = []
    /// Every series gets these, unless it has a label of that name.
    public var externalLabels: [(name: String, value: String)] = []

    public init() {}
}

/// Targets that are scraped in the same way: an entry of `scrape_configs`.
public struct ScrapeJob: Sendable {
    public var name: String
    public var interval: Period
    public var timeout: Period
    /// Of those targets whose labels say nothing else.
    public var path = "/metrics"
    public var scheme = Scheme.http
    public var parameters: [(name: String, values: [String])] = []
    public var rules = ScrapeRules(honorTimestamps: true)
    /// Answers may come compressed.
    public var isCompressed = true
    /// More targets than this are none: each of them fails.
    public var targetLimit: Int?
    public var credentials: Credentials?
    public var tls = TLSSettings()
    public var groups: [TargetGroup] = []
    public var discoveries: [FileDiscovery] = []
    public var relabelling: [RelabelRule] = []
    /// Done to every sample.
    public var sampleRelabelling: [RelabelRule] = []
    /// As it was written, with the defaults: equal ones mean the same.
    public var source: [Node] = []

    public enum Scheme: String, CaseIterable, Sendable {
        case http, https
    }

    init(name: String, interval: Period, timeout: Period) {
        (self.name, self.interval, self.timeout) = (name, interval, timeout)
    }
}

/// Something secret, or the file that it is in.
public enum SecretSource: Hashable, Sendable {
    case text(String)
    /// Read with every scrape. Relative to the folder of the configuration.
    case file(String)
}

/// What a target wants to know of who asks it.
public enum Credentials: Hashable, Sendable {
    case basic(user: SecretSource, password: SecretSource)
    /// For example of the type `Bearer`.
    case authorization(type: String, SecretSource)
}

/// How `https` is spoken. Paths are relative to the folder of the configuration.
public struct TLSSettings: Hashable, Sendable {
    /// The authorities that a target's certificate is checked against, else the system's.
    public var authorities: String?
    /// Shown to the target, with its key.
    public var certificate: String?
    public var key: String?
    public var skipsVerification = false

    public init() {}
}

/// Targets with labels in common: an entry of `static_configs` or of a file of targets.
public struct TargetGroup: Hashable, Sendable {
    /// Addresses, usually `HOST:PORT`.
    public var targets: [String]
    public var labels: [String: String]

    public init(targets: [String], labels: [String: String] = [:]) {
        (self.targets, self.labels) = (targets, labels)
    }
}

/// Files that hold groups of targets.
public struct FileDiscovery: Hashable, Sendable {
    /// Paths, relative to the folder of the configuration; `*` in the last part stands for anything.
    public var patterns: [String]
    /// The files are read when they change, and after this time in any case.
    public var refresh: Period

    public init(patterns: [String], refresh: Period = .minutes(5)) {
        (self.patterns, self.refresh) = (patterns, refresh)
    }
}
