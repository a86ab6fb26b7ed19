public import Values

/// What brings metrics in by itself: scrapes and recording rules, for who lists them.
public protocol MetricsWork: Sendable {
    func targets() -> [TargetStatus]
    func ruleGroups() -> [RuleGroupStatus]
}

/// Something that is scraped, and how that went last.
public struct TargetStatus: Hashable, Sendable {
    /// What all its series are given, by name.
    public var labels: [String: String]
    /// What kind of target it is: the service's name.
    public var pool: String
    /// The path that is asked for.
    public var path: String
    public var interval: Period
    public var timeout: Period
    /// `nil` before the first scrape.
    public var scrapedAt: Timestamp?
    /// In seconds.
    public var duration: Double
    /// Why the last scrape failed; `nil` when it did not.
    public var failure: String?

    public init(
        labels: [String: String], pool: String, path: String, interval: Period, timeout: Period,
        scrapedAt: Timestamp?, duration: Double, failure: String?
    ) {
        self.labels = labels
        self.pool = pool
        self.path = path
        self.interval = interval
        self.timeout = timeout
        self.scrapedAt = scrapedAt
        self.duration = duration
        self.failure = failure
    }
}

/// Rules that are evaluated together.
public struct RuleGroupStatus: Hashable, Sendable {
    public struct Rule: Hashable, Sendable {
        public var name: String
        public var query: String
        public var labels: [String: String]
        /// `nil` before the first evaluation.
        public var evaluatedAt: Timestamp?
        /// In seconds.
        public var duration: Double
        /// Why the last evaluation gave nothing; `nil` when it did.
        public var failure: String?

        public init(
            name: String, query: String, labels: [String: String], evaluatedAt: Timestamp?, duration: Double,
            failure: String?
        ) {
            self.name = name
            self.query = query
            self.labels = labels
            self.evaluatedAt = evaluatedAt
            self.duration = duration
            self.failure = failure
        }
    }

    public var name: String
    public var file: String
    public var interval: Period
    /// 0 is no limit.
    public var limit: Int
    public var rules: [Rule]

    public init(name: String, file: String, interval: Period, limit: Int, rules: [Rule]) {
        self.name = name
        self.file = file
        self.interval = interval
        self.limit = limit
        self.rules = rules
    }
}
