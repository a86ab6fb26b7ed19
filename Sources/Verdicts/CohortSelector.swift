public import Series

/// Which series belong to the canary and which to the baseline, whatever the change is: everything else about a check is the same
/// for services and for flags.
public enum CohortSelector: Hashable, Sendable {
    /// Two versions of a service, told apart by the labels that every scrape of an instance leaves.
    case versions(service: String, canary: String, baseline: String?)
    /// Two variants of a flag: in what SDKs measure by the labels `flag`, `environment` and `variant`, in other metrics by the
    /// label of that name.
    case variants(flag: String, environment: String, label: String, canary: String, baseline: String?)

    /// The matchers that select a cohort of what `selecting` selects; `nil` for a baseline that there is not.
    public func matchers(_ cohort: Cohort, selecting: [LabelMatcher]) -> [LabelMatcher]? {
        switch self {
        case .versions(let service, let canary, let baseline):
            guard let version = cohort == .canary ? canary : baseline else { return nil }
            return selecting + [LabelMatcher("service", .equal, service), LabelMatcher("version", .equal, version)]
        case .variants(let flag, let environment, let label, let canary, let baseline):
            guard let variant = cohort == .canary ? canary : baseline else { return nil }
            guard CohortSelector.isMeasured(selecting) else {
                return selecting + [LabelMatcher(label, .equal, variant)]
            }
            return selecting + [
                LabelMatcher("flag", .equal, flag), LabelMatcher("environment", .equal, environment),
                LabelMatcher("variant", .equal, variant),
            ]
        }
    }

    /// The label that tells apart what a cohort consists of: hosts, or the processes that use a flag.
    public func source(of selecting: [LabelMatcher]) -> String {
        if case .variants = self, CohortSelector.isMeasured(selecting) { return "client" }
        return "host"
    }

    /// Whether it is SDKs that measure this.
    private static func isMeasured(_ selecting: [LabelMatcher]) -> Bool {
        selecting.contains { $0.name == "__name__" && $0.operation == .equal && $0.value.hasPrefix("halcyon_flag_") }
    }
}
