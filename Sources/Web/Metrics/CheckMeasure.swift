import PromQL
import Rollouts
import Series
import Specs
import Values

/// What a check looks at, as PromQL of one version or of all: for its chart, not for its verdict.
struct CheckMeasure: Sendable {
    var check: CheckSpec
    var service: String
    /// The flag whose variants are compared in the place of versions.
    var flag: FlagTarget?
    /// What a rate is taken over.
    var reach: Period

    /// - Parameter version: `nil` for every version; of a flag, a variant.
    /// - Returns: `nil` for a check that no metric shows.
    func expression(of version: String?) throws(PromQLError) -> String? {
        switch check.kind {
        case .ratio(let bad, let total), .slo(let bad, let total, _), .peers(let bad, let total):
            return try ratio(bad, total, version)
        case .latency(let histogram): return try quantile(histogram, version)
        case .rate(let events, let per):
            if let per { return try ratio(events, per, version) }
            return "avg(sum by (host) (\(try rate(events, version))))"
        case .gauge(let expression):
            return "avg(\(try parse(expression).restricted(to: conditions(version, in: expression))))"
        case .guardrail, .web: return nil
        }
    }

    var unit: ChartUnit {
        switch check.kind {
        case .ratio, .slo, .peers: return .ratio
        case .latency(let histogram): return histogram.contains("_seconds") ? .seconds : .number
        case .gauge(let expression): return (try? parse(expression)).map(ChartUnit.init(of:)) ?? .number
        case .rate, .guardrail, .web: return .number
        }
    }

    /// What the canary may show, when the baseline shows this; `nil` where that is not so simple.
    func limit(baseline: Double) -> Double? {
        switch check.kind {
        case .ratio: return min(1, check.tolerate.limit(baseline: baseline))
        case .slo(_, _, let objective): return 1 - objective.fraction
        case .rate, .gauge: return check.tolerate.limit(baseline: baseline)
        case .latency, .peers, .guardrail, .web: return nil
        }
    }

    // MARK: Expressions

    /// What tells one version from another in an expression.
    private func conditions(_ version: String?, in text: String) -> [LabelMatcher] {
        guard let flag else {
            let service = LabelMatcher("service", .equal, service)
            return version.map { [service, LabelMatcher("version", .equal, $0)] } ?? [service]
        }
        // SDKs say which flag they measure; other metrics have a label of the user's choice.
        let isMeasured = text.contains("halcyon_flag_")
        let variant = version.map { [LabelMatcher(isMeasured ? "variant" : flag.variantLabel, .equal, $0)] } ?? []
        guard isMeasured else { return variant }
        return variant + [
            LabelMatcher("flag", .equal, flag.key), LabelMatcher("environment", .equal, flag.environment),
        ]
    }

    private func rate(_ selector: String, _ version: String?) throws(PromQLError) -> String {
        try parse("rate(\(selector)[\(reach)])").restricted(to: conditions(version, in: selector)).description
    }

    private func ratio(_ bad: String, _ total: String, _ version: String?) throws(PromQLError) -> String {
        let (bad, total) = (try rate(bad, version), try rate(total, version))
        // A counter that was never raised may not be shown at all.
        return "(sum(\(bad)) or 0 * sum(\(total))) / sum(\(total))"
    }

    /// What 99 of 100 stay below; of classic buckets where there are some, otherwise of native histograms.
    private func quantile(_ histogram: String, _ version: String?) throws(PromQLError) -> String {
        let native = try rate(histogram, version)
        guard let name = try parseSelector(histogram).first(where: { $0.name == "__name__" })?.value,
            !name.hasSuffix("_bucket")
        else { return "histogram_quantile(0.99, sum by (le) (\(native)))" }
        let classic = try rate(histogram.replacing(name, with: name + "_bucket", maxReplacements: 1), version)
        return "histogram_quantile(0.99, sum by (le) (\(classic))) or histogram_quantile(0.99, sum(\(native)))"
    }
}
