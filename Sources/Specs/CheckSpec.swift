public import Values

/// One KPI with what counts as a regression.
public struct CheckSpec: Hashable, Sendable {
    public enum Kind: Hashable, Codable, Sendable {
        /// Bad events over all events, canary against baseline; both are selectors of counters.
        case ratio(bad: String, total: String)
        /// A PromQL comparison that must hold, for example `slo:burnrate5m < 14.4`.
        case guardrail(expression: String)

        /// The key of this kind in a document.
        public var name: String {
            switch self {
            case .ratio: return "ratio"
            case .guardrail: return "guardrail"
            }
        }
    }

    public var name: String
    public var kind: Kind
    public var tolerate: Tolerance
    /// A cohort with fewer events than this is not judged.
    public var minimumEvents: Int
    /// A dry-run check is judged and shown, but moves nothing.
    public var dryRun: Bool

    public init(
        name: String, kind: Kind, tolerate: Tolerance = Tolerance(), minimumEvents: Int = 50, dryRun: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.tolerate = tolerate
        self.minimumEvents = minimumEvents
        self.dryRun = dryRun
    }
}

/// A regression that is not worth a rollback: the canary may reach `baseline × relative + absolute`.
public struct Tolerance: Hashable, Sendable {
    public var relative: Double
    public var absolute: Percentage

    public init(relative: Double = 1.25, absolute: Percentage = Percentage(0.1)) {
        self.relative = relative
        self.absolute = absolute
    }
}
