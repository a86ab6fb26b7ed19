/// Something that the user of a query should know although it has an answer.
public struct Annotation: Hashable, Sendable {
    public enum Severity: Hashable, Sendable {
        case warning
        case info
    }

    public var severity: Severity
    public var message: String
    /// Where in the expression, in bytes.
    public var offset: Int
}

/// The annotations of one evaluation, each text once.
final class Annotations {
    private(set) var all: [Annotation] = []
    private var known: Set<String> = []
    private var lifts: [String: MonotonicityLift] = [:]

    /// How much is told before the rest is only counted.
    private static let most = 1000

    func warn(_ message: String, at range: SourceRange) { add(.warning, message, range) }

    func inform(_ message: String, at range: SourceRange) { add(.info, message, range) }

    private func add(_ severity: Annotation.Severity, _ message: String, _ range: SourceRange) {
        guard all.count < Annotations.most, known.insert(message).inserted else { return }
        all.append(Annotation(severity: severity, message: message, offset: range.start))
    }

    /// Tells that counts of a classic histogram had to be lifted: one text for all samples of a metric.
    func lifted(_ lift: ClassicHistogram.Quantile.Lift, metric: String, time: Int64, at range: SourceRange) {
        if lifts[metric]?.merge(lift, time) == nil {
            lifts[metric] = MonotonicityLift(lift: lift, first: time, last: time, offset: range.start)
        }
    }

    /// All annotations as `PromQL warning: … (1:7)`.
    func texts(in query: String) -> (warnings: [String], infos: [String]) {
        var warnings: [String] = []
        var infos: [String] = []
        for annotation in all {
            let place = PromQLError.Place(of: annotation.offset, in: query)
            let text = "\(annotation.message) (\(place.line):\(place.column))"
            switch annotation.severity {
            case .warning: warnings.append("PromQL warning: " + text)
            case .info: infos.append("PromQL info: " + text)
            }
        }
        for (metric, lift) in lifts.sorted(by: { $0.key < $1.key }) { infos.append(lift.text(metric, query)) }
        return (warnings, infos)
    }
}

/// Where and how far counts of a classic histogram were lifted.
private struct MonotonicityLift {
    var lift: ClassicHistogram.Quantile.Lift
    var first: Int64
    var last: Int64
    var count = 1
    var offset: Int

    mutating func merge(_ other: ClassicHistogram.Quantile.Lift, _ time: Int64) {
        lift.from = min(lift.from, other.from)
        lift.through = max(lift.through, other.through)
        lift.most = max(lift.most, other.most)
        first = min(first, time)
        last = max(last, time)
        count += 1
    }

    func text(_ metric: String, _ query: String) -> String {
        let place = PromQLError.Place(of: offset, in: query)
        var text =
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
        if !metric.isEmpty { text += " for metric name \(quoted(metric))" }
        text += ", from buckets \(formatNumber(lift.from)) to \(formatNumber(lift.through))"
        text += ", with a max diff of \(formatNumber(lift.most)), over \(count) samples"
        text += " from \(CivilTime(first).text) to \(CivilTime(last).text)"
        return text + " (\(place.line):\(place.column))"
    }
}
