public import Values

/// What became of the requests of a load, so far.
public struct LoadReport: Hashable, Codable, Sendable {
    /// What became of the requests to one target, or to all.
    public struct Counts: Hashable, Codable, Sendable {
        /// Requests whose outcome is counted here or still open.
        public var sent = 0
        /// Answered with a status below 400.
        public var ok = 0
        /// Answered with a status of 400 or more: the version's fault.
        public var failedByAnswer = 0
        /// Refused, reset, closed without an answer or not answered in time: the hand-over's fault.
        public var failedByTransport = 0
        /// Not sent, because too many were open already; no request was tried.
        public var unsent = 0
        /// How many answers each version gave, by the header `X-Version`.
        public var answers: [String: Int] = [:]
        /// How many of those failed.
        public var failedAnswers: [String: Int] = [:]
        /// Transport failures by what happened.
        public var transportFailures: [String: Int] = [:]
        public var firstFailedAnswer: Timestamp?
        public var lastFailedAnswer: Timestamp?
        public var firstTransportFailure: Timestamp?
        public var lastTransportFailure: Timestamp?
        /// From when the request was due to its whole answer, in milliseconds; `nil` before the first answer.
        public var medianMilliseconds: Double?
        public var p99Milliseconds: Double?

        /// All zero.
        public init() {}

        /// Without an outcome yet.
        public var open: Int { sent - ok - failedByAnswer - failedByTransport }
    }

    public var at: Timestamp
    public var total: Counts
    /// By `host:port`.
    public var targets: [String: Counts]

    public init(at: Timestamp, total: Counts, targets: [String: Counts]) {
        self.at = at
        self.total = total
        self.targets = targets
    }
}
