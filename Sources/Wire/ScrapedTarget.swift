public import Values

/// What a server must know of a target beside the instances of services to take in its scrapes.
public struct ScrapedTarget: Hashable, Codable, Sendable {
    /// What its series are given. The server adds the host, which no label here replaces.
    public var labels: [String: String]
    /// What they are given where they have no label of that name.
    public var external: [String: String]?
    /// The text has all labels already, as relabelling left them.
    public var isRelabelled: Bool?
    /// How many samples the target showed, where relabelling left others.
    public var samples: Int?
    public var honorLabels: Bool?
    public var honorTimestamps: Bool?
    public var sampleLimit: Int?
    public var labelLimit: Int?
    public var labelNameLengthLimit: Int?
    public var labelValueLengthLimit: Int?

    public init(labels: [String: String]) { self.labels = labels }
}

/// What an agent scrapes, or would, beside the instances of services. A target that is not there any more is gone.
public struct TargetListing: Hashable, Codable, Sendable {
    public struct Target: Hashable, Codable, Sendable {
        /// As `ScrapeHead.instance` has it.
        public var id: String
        public var pool: String
        /// What was known of it before relabelling.
        public var discovered: [String: String]
        public var labels: [String: String]
        public var url: String
        public var interval: Period
        public var timeout: Period

        public init(
            id: String, pool: String, discovered: [String: String], labels: [String: String], url: String,
            interval: Period, timeout: Period
        ) {
            (self.id, self.pool, self.discovered, self.labels) = (id, pool, discovered, labels)
            (self.url, self.interval, self.timeout) = (url, interval, timeout)
        }
    }

    /// What relabelling drops.
    public struct Dropped: Hashable, Codable, Sendable {
        public var pool: String
        public var discovered: [String: String]

        public init(pool: String, discovered: [String: String]) { (self.pool, self.discovered) = (pool, discovered) }
    }

    /// When it was made.
    public var at: Timestamp
    public var targets: [Target] = []
    /// Some of those that are dropped, and how many there are of each pool.
    public var dropped: [Dropped] = []
    public var droppedCounts: [String: Int] = [:]
    /// Every pool, those without targets included.
    public var pools: [String] = []

    public init(at: Timestamp) { self.at = at }
}
