public import Values

/// One KPI with what counts as a regression.
public struct CheckSpec: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Bad events over all events, canary against baseline; both are selectors of counters.
        case ratio(bad: String, total: String)
        /// How long something takes, canary against baseline: a selector of a histogram, classic or native.
        case latency(histogram: String)
        /// How many events there are: a counter's events per host and second, or per event of another counter.
        case rate(events: String, per: String?)
        /// A number of each host (memory, queue length): PromQL with one element a host, which carries the label `host`.
        case gauge(expression: String)
        /// A PromQL comparison that must hold, for example `slo:burnrate5m < 14.4`.
        case guardrail(expression: String)
        /// The canary's bad events over all its events against what is promised: 99.9% allows 0.1% bad ones.
        case slo(bad: String, total: String, objective: Percentage)
        /// Bad events over all events, each host against the others of its cohort: one that is unlike them.
        case peers(bad: String, total: String)
        /// A web request to every instance, canary against baseline; its answer is right or not.
        case web(WebProbe)

        /// The key of this kind in a document.
        public var name: String {
            switch self {
            case .ratio: return "ratio"
            case .latency: return "latency"
            case .rate: return "rate"
            case .gauge: return "gauge"
            case .guardrail: return "guardrail"
            case .slo: return "slo"
            case .peers: return "peers"
            case .web: return "web"
            }
        }

        /// What is tolerated where nothing is said.
        public var usualTolerance: Tolerance {
            switch self {
            case .ratio: return Tolerance()
            case .latency: return Tolerance(relative: 1.1, absolute: Percentage(0))
            case .rate, .gauge: return Tolerance(relative: 1.25, absolute: Percentage(0))
            case .peers: return Tolerance(relative: 2, absolute: Percentage(0.1))
            case .web: return Tolerance(relative: 1.25, absolute: Percentage(1))
            case .guardrail, .slo: return Tolerance(relative: 1, absolute: Percentage(0))
            }
        }

        /// Whether the canary is held against others, so that it is said how much worse it may be.
        public var compares: Bool {
            switch self {
            case .ratio, .latency, .rate, .gauge, .peers, .web: return true
            case .guardrail, .slo: return false
            }
        }
    }

    /// How long after the change reached a host its numbers are those of a cold start, where nothing is said.
    public static let usualWarmUp = Period.seconds(60)

    public var name: String
    public var kind: Kind
    public var tolerate: Tolerance
    /// With fewer events of a cohort than this nothing is judged; for a ratio. 0 for no bound: the evidence knows by itself how little few events say.
    public var minimumEvents: Int
    /// Its share of the rollout's chance of a false rollback, against the other checks' weights; more than 0.
    public var weight: Double
    /// A wave does not end while a critical check is without an answer.
    public var critical: Bool
    /// For this long after the change reached a host, its numbers are those of a cold start.
    public var warmUp: Period
    /// A dry-run check is judged and shown, but moves nothing.
    public var dryRun: Bool

    /// - Parameter tolerate: `nil` for what is usual for this kind.
    public init(
        name: String, kind: Kind, tolerate: Tolerance? = nil, minimumEvents: Int = 0, weight: Double = 1,
        critical: Bool = false, warmUp: Period = CheckSpec.usualWarmUp, dryRun: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.tolerate = tolerate ?? kind.usualTolerance
        self.minimumEvents = minimumEvents
        self.weight = weight
        self.critical = critical
        self.warmUp = warmUp
        self.dryRun = dryRun
    }
}
