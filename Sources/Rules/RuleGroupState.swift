public import MetricsFormats
import PromQL
public import Series
public import Values

/// A group with what its last evaluation gave.
public struct RuleGroupState: Sendable {
    public struct RuleState: Sendable {
        /// Why the last evaluation gave nothing; `nil` when it did.
        public var failure: String?
        public var evaluatedAt: Timestamp?
        /// In seconds.
        public var duration = 0.0
        /// What it gave, so that what it gives no more becomes stale.
        var series: Set<Labels> = []
    }

    public private(set) var group: RuleGroup
    /// One for each rule.
    public private(set) var rules: [RuleState]
    public var nextTime: Timestamp

    public init(_ group: RuleGroup, now: Timestamp) {
        self.group = group
        rules = group.rules.map { _ in RuleState() }
        nextTime = group.nextTime(after: now)
    }

    /// The same group, read again: a rule that was there before goes on.
    public func replaced(by group: RuleGroup, now: Timestamp) -> RuleGroupState {
        var next = RuleGroupState(group, now: now)
        for (place, rule) in group.rules.enumerated() {
            if let old = self.group.rules.firstIndex(of: rule) { next.rules[place] = rules[old] }
        }
        return next
    }

    /// Evaluates one rule: its samples, and stale markers for the series that it gave before.
    ///
    /// - Returns: `nil` when it failed: the reason is kept.
    public mutating func evaluate(_ place: Int, at time: Timestamp, data: any Queryable) -> IngestBatch? {
        let rule = group.rules[place]
        rules[place].evaluatedAt = time
        do throws(PromQLError) {
            let result = try rule.query.evaluate(at: time - group.queryOffset, data: data)
            let batch = try batch(
                result.value, rule, at: (time - group.queryOffset).milliseconds, before: rules[place].series)
            rules[place].series = batch.series
            rules[place].failure = nil
            return batch.batch
        } catch {
            rules[place].failure = "\(error)"
            return nil
        }
    }

    public mutating func note(duration: Double, of place: Int) { rules[place].duration = duration }

    /// Stale markers for all that its rules gave, besides those that go on: the others are there no more.
    public func end(at time: Timestamp, besides kept: [RecordingRule] = []) -> IngestBatch {
        var batch = IngestBatch()
        for (rule, written) in zip(rules, group.rules) where !kept.contains(written) {
            // Behind the last sample, which may have been of this very moment.
            let end = max(time, (rule.evaluatedAt ?? time) + .milliseconds(1))
            for labels in rule.series.sorted() {
                batch.append(labels, time: end.milliseconds, value: Sample.staleMarker)
            }
        }
        return batch
    }

    private func batch(
        _ value: QueryValue, _ rule: RecordingRule, at time: Int64, before: Set<Labels>
    ) throws(PromQLError) -> (batch: IngestBatch, series: Set<Labels>) {
        var elements: [VectorElement] = []
        var scalar: Double?
        switch value {
        case .vector(let vector): elements = vector
        case .scalar(let number): scalar = number
        case .string, .matrix: throw PromQLError("a rule records a number or an instant vector")
        }
        if group.limit > 0, elements.count > group.limit {
            throw PromQLError("exceeded limit of \(group.limit) with \(elements.count) series")
        }
        var batch = IngestBatch()
        var series: Set<Labels> = []
        if let scalar {
            let labels = rule.labels(of: .empty)
            batch.append(labels, time: time, value: scalar)
            series.insert(labels)
        }
        for element in elements {
            let labels = rule.labels(of: element.labels)
            guard series.insert(labels).inserted else {
                throw PromQLError("vector contains metrics with the same labelset after applying rule labels")
            }
            var samples = SampleBuffer()
            if let histogram = element.histogram {
                samples.append(time: time, histogram: histogram)
            } else {
                samples.append(time: time, value: element.value)
            }
            batch.append(labels, samples)
        }
        for labels in before.subtracting(series).sorted() {
            batch.append(labels, time: time, value: Sample.staleMarker)
        }
        return (batch, series)
    }
}
