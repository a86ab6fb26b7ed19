public import Values

/// What brings metrics in by itself: scrapes and recording rules, for who lists them.
public protocol MetricsWork: Sendable {
    func targets() -> TargetsStatus
    func ruleGroups() -> [RuleGroupStatus]
}

/// What is scraped, and what is not though it was found.
public struct TargetsStatus: Hashable, Sendable {
    public var active: [TargetStatus]
    /// Some of what relabelling drops.
    public var dropped: [DroppedTarget]
    /// How many are dropped in all, by pool.
    public var droppedCounts: [String: Int]
    /// Every pool, sorted; those without targets too.
    public var pools: [String]

    public init(
        active: [TargetStatus] = [], dropped: [DroppedTarget] = [], droppedCounts: [String: Int] = [:],
        pools: [String] = []
    ) {
        self.active = active
        self.dropped = dropped
        self.droppedCounts = droppedCounts
        self.pools = pools
    }
}

/// Something that was found, and that relabelling drops.
public struct DroppedTarget: Hashable, Sendable {
    public var pool: String
    /// What was known of it before relabelling.
    public var discovered: [String: String]

    public init(pool: String, discovered: [String: String]) { (self.pool, self.discovered) = (pool, discovered) }
}

/// Something that is scraped, and how that went last.
public struct TargetStatus: Hashable, Sendable {
    public enum Health: String, Sendable {
        case up, down
        /// It was not scraped yet, or nobody knows how it is now: `failure` says why.
        case unknown
    }

    /// What all its series are given, by name.
    public var labels: [String: String]
    /// What was known of it before relabelling.
    public var discovered: [String: String]
    /// What kind of target it is: the service's name, or that of the job.
    public var pool: String
    /// What is asked for.
    public var url: String
    public var interval: Period
    public var timeout: Period
    public var health = Health.unknown
    /// `nil` before the first scrape.
    public var scrapedAt: Timestamp?
    /// In seconds.
    public var duration = 0.0
    /// Why it is not up; `nil` when it is, or when there is nothing to say.
    public var failure: String?

    public init(
        labels: [String: String], discovered: [String: String] = [:], pool: String, url: String, interval: Period,
        timeout: Period
    ) {
        self.labels = labels
        self.discovered = discovered
        self.pool = pool
        self.url = url
        self.interval = interval
        self.timeout = timeout
    }
}

/// Rules that are evaluated together.
public struct RuleGroupStatus: Hashable, Sendable {
    public struct Rule: Hashable, Sendable {
        public var name: String
        public var query: String
        public var labels: [String: String]
        /// `nil` when the rule records.
        public var alerting: Alerting?
        /// `nil` before the first evaluation.
        public var evaluatedAt: Timestamp?
        /// In seconds.
        public var duration = 0.0
        /// Why the last evaluation gave nothing; `nil` when it did.
        public var failure: String?

        public init(name: String, query: String, labels: [String: String], alerting: Alerting? = nil) {
            (self.name, self.query, self.labels, self.alerting) = (name, query, labels, alerting)
        }
    }

    /// What is special about rules that alert.
    public struct Alerting: Hashable, Sendable {
        public var holdFor: Period
        public var keepFiringFor: Period
        public var annotations: [String: String]
        /// Pending and firing.
        public var alerts: [AlertStatus]

        public init(
            holdFor: Period, keepFiringFor: Period, annotations: [String: String], alerts: [AlertStatus]
        ) {
            (self.holdFor, self.keepFiringFor) = (holdFor, keepFiringFor)
            (self.annotations, self.alerts) = (annotations, alerts)
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

/// An alert that is pending or firing.
public struct AlertStatus: Hashable, Sendable {
    public var labels: [String: String]
    public var annotations: [String: String]
    public var isFiring: Bool
    public var activeAt: Timestamp
    /// Since when it fires without its cause.
    public var keepFiringSince: Timestamp?
    public var value: Double

    public init(
        labels: [String: String], annotations: [String: String], isFiring: Bool, activeAt: Timestamp,
        keepFiringSince: Timestamp?, value: Double
    ) {
        (self.labels, self.annotations, self.isFiring) = (labels, annotations, isFiring)
        (self.activeAt, self.keepFiringSince, self.value) = (activeAt, keepFiringSince, value)
    }
}
