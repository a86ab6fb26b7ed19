import Ports
import PromQL
import Series

/// What may stand at the cursor, the likeliest first.
struct Completion: Sendable {
    struct Option: Hashable, Sendable {
        /// What is shown, and sought.
        var name: String
        /// What is written in place of what stands there.
        var insert: String
        /// Such as `counter`, `function`, `label`.
        var kind: String
        /// A sentence about it.
        var help = ""
    }

    var place: CompletionPlace
    var options: [Option] = []
    /// Why nothing can be offered.
    var problem: String?

    private static let most = 40
    private static let mostNames = 50_000

    init(_ place: CompletionPlace, in stretch: ClosedRange<Int64>, by metrics: any MetricsQuestions) async {
        self.place = place
        do throws(PromQLError) {
            let found = try await Completion.candidates(place, stretch, metrics)
            options = Completion.sorted(found, by: Completion.sought(place.prefix)).prefix(Completion.most).map { $0 }
            if place.kind == .operand { try await addHelp(metrics) }
        } catch {
            problem = error.description
        }
    }

    private static func candidates(
        _ place: CompletionPlace, _ stretch: ClosedRange<Int64>, _ metrics: any MetricsQuestions
    ) async throws(PromQLError) -> [Option] {
        switch place.kind {
        case .operand:
            let names = try await metrics.labelValues(Labels.metricName, [], in: stretch, limit: mostNames)
            return names.map(metric) + operands
        case .modifier: return modifiers
        case .labelName(let matchers):
            let names = try await metrics.labelNames(matchers.isEmpty ? [] : [matchers], in: stretch, limit: mostNames)
            return names.filter { $0 != Labels.metricName }
                .map { Option(name: $0, insert: QueryText.label($0), kind: "label") }
        case .labelValue(let label, let matchers, let quote):
            let values = try await metrics.labelValues(
                label, matchers.isEmpty ? [] : [matchers], in: stretch, limit: mostNames)
            return values.map { value in
                let text = quote == "`" ? value : QueryText.escaped(value)
                return Option(name: value, insert: quote == nil ? "\"\(text)\"" : text, kind: "value")
            }
        case .duration:
            return ["30s", "1m", "5m", "15m", "1h", "1d"].map { Option(name: $0, insert: $0, kind: "duration") }
        case .nothing: return []
        }
    }

    private static func metric(_ name: String) -> Option {
        Option(name: name, insert: QueryText.metric(name), kind: "metric")
    }

    /// Only what is offered is looked up.
    private mutating func addHelp(_ metrics: any MetricsQuestions) async throws(PromQLError) {
        let shown = options.filter { $0.kind == "metric" }
        guard !shown.isEmpty else { return }
        let known = MetricHelp(try await metrics.metadata(nil, limit: Completion.mostNames))
        for index in options.indices where options[index].kind == "metric" {
            guard let about = known[options[index].name] else { continue }
            if !about.type.isEmpty, about.type != "unknown" { options[index].kind = about.type }
            options[index].help = about.help
        }
    }

    /// What was typed of a name, without a quote that opened it.
    private static func sought(_ prefix: String) -> String { prefix.lowercased() }

    /// Those that begin with what is sought before those that hold it.
    private static func sorted(_ options: [Option], by sought: String) -> [Option] {
        guard !sought.isEmpty else { return options }
        var beginning: [Option] = []
        var holding: [Option] = []
        for option in options {
            let name = option.name.lowercased()
            if name.hasPrefix(sought) {
                beginning.append(option)
            } else if name.contains(sought) {
                holding.append(option)
            }
        }
        // What is typed completely needs no offer.
        if beginning.count == 1, holding.isEmpty, beginning[0].insert == sought { return [] }
        return beginning + holding
    }

    private static let operands: [Option] = {
        let aggregations = Aggregator.allCases.map { aggregator in
            Option(
                name: aggregator.rawValue, insert: "\(aggregator.rawValue)(", kind: "aggregation",
                help: aggregator.summary)
        }
        let functions = Function.all.map { function in
            Option(
                name: function.name, insert: "\(function.name)(", kind: "function",
                help: "\(function.signature) — \(function.summary)")
        }
        return aggregations + functions
    }()

    private static let modifiers: [Option] = [
        ("by", "by (", "groups an aggregation by these labels"),
        ("without", "without (", "groups an aggregation by every label but these"),
        ("and", "and ", "elements of the left side that the right side has too"),
        ("or", "or ", "elements of both sides, the left side's first"),
        ("unless", "unless ", "elements of the left side that the right side does not have"),
        ("on", "on (", "compares only these labels"), ("ignoring", "ignoring (", "compares all labels but these"),
        ("group_left", "group_left (", "several elements of the left side go with one of the right"),
        ("group_right", "group_right (", "several elements of the right side go with one of the left"),
        ("bool", "bool ", "0 and 1 instead of leaving out what does not hold"),
        ("offset", "offset ", "looks so far back"), ("atan2", "atan2 ", "the angle of two sides"),
    ].map { Option(name: $0, insert: $1, kind: "keyword", help: $2) }
}

/// What is known of metrics, found also by the names of a histogram's series.
struct MetricHelp: Sendable {
    private let known: [String: MetricMetadata]

    init(_ entries: [MetricMetadata]) { known = Dictionary(entries.map { ($0.metric, $0) }) { first, _ in first } }

    subscript(name: String) -> MetricMetadata? {
        if let about = known[name] { return about }
        for suffix in ["_bucket", "_count", "_sum", "_total"] where name.hasSuffix(suffix) {
            if let about = known[String(name.dropLast(suffix.count))] { return about }
        }
        return nil
    }
}

extension Aggregator {
    /// What it makes of a group of elements.
    var summary: String {
        switch self {
        case .avg: return "the mean of each group"
        case .bottomk: return "bottomk(k, instant vector): the k smallest elements of each group"
        case .count: return "how many elements each group has"
        case .group: return "1 for each group"
        case .limitk: return "limitk(k, instant vector): any k elements of each group"
        case .max: return "the largest value of each group"
        case .min: return "the smallest value of each group"
        case .quantile: return "quantile(share, instant vector): the value below which this share of each group lies"
        case .stddev: return "the standard deviation of each group"
        case .stdvar: return "the variance of each group"
        case .sum: return "the sum of each group"
        case .topk: return "topk(k, instant vector): the k largest elements of each group"
        case .countValues: return "count_values(\"label\", instant vector): how often each value occurs"
        case .limitRatio: return "limit_ratio(share, instant vector): any elements, so many of all"
        }
    }
}

/// The options as the script shows them below the field.
extension Completion {
    var markup: Markup {
        // How much of what is typed the options stand in for: in UTF-16, as the script counts.
        tag("ul", .named("role", "listbox"), .named("data-replaces", place.prefix.utf16.count)) {
            for (index, option) in options.enumerated() {
                tag(
                    "li", .id("option-\(index)"), .named("role", "option"), .named("aria-selected", "false"),
                    .named("data-insert", option.insert)
                ) {
                    tag("span", .class("option-name")) { option.name }
                    tag("span", .class("option-kind")) { option.kind }
                    if !option.help.isEmpty { tag("span", .class("option-help")) { option.help } }
                }
            }
        }
    }
}
