public import MetricsFormats
public import PromQL
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
        /// The alerts that are pending or firing, in the order of their labels.
        public var alerts: [ActiveAlert] { active.values.sorted { $0.labels < $1.labels } }
        /// What it gave, so that what it gives no more becomes stale.
        var series: Set<Labels> = []
        var active: [Labels: ActiveAlert] = [:]
    }

    public private(set) var group: RuleGroup
    /// One for each rule.
    public internal(set) var rules: [RuleState]
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
    public mutating func evaluate(
        _ place: Int, at time: Timestamp, data: any Queryable, within bounds: EvaluationBounds = EvaluationBounds()
    ) -> IngestBatch? {
        let rule = group.rules[place]
        let isFirst = rules[place].evaluatedAt == nil
        rules[place].evaluatedAt = time
        do throws(PromQLError) {
            let result = try rule.query.evaluate(at: time - group.queryOffset, data: data, within: bounds)
            let elements = try elements(of: result.value)
            let output: RuleOutput
            if let terms = rule.alert {
                let restored = isFirst ? restored(place, terms, at: time, data: data, within: bounds) : [:]
                output = try alert(place, terms, elements, at: time, restored: restored)
            } else {
                output = try record(rule, elements, at: time)
            }
            let batch = output.batch(endingAlso: rules[place].series)
            rules[place].series = output.series
            rules[place].failure = nil
            return batch
        } catch {
            rules[place].failure = error.kind == .timedOut ? "the rule took longer than it may: \(error)" : "\(error)"
            return nil
        }
    }

    public mutating func note(duration: Double, of place: Int) { rules[place].duration = duration }

    /// Stale markers for all that its rules gave, besides those that go on: the others are there no more.
    public func end(at time: Timestamp, besides kept: [Rule] = []) -> IngestBatch {
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

    private func elements(of value: QueryValue) throws(PromQLError) -> [VectorElement] {
        switch value {
        case .vector(let vector): return vector
        case .scalar(let number): return [VectorElement(labels: .empty, value: number)]
        case .string, .matrix: throw PromQLError("a rule's expression gives a number or an instant vector")
        }
    }

    private func record(_ rule: Rule, _ elements: [VectorElement], at time: Timestamp) throws(PromQLError) -> RuleOutput
    {
        if group.limit > 0, elements.count > group.limit {
            throw PromQLError("exceeded limit of \(group.limit) with \(elements.count) series")
        }
        var output = RuleOutput(time: (time - group.queryOffset).milliseconds)
        for element in elements {
            var builder = LabelsBuilder(element.labels)
            builder.set(Labels.metricName, rule.name)
            for (name, value) in rule.labels { builder.set(name, value) }
            guard output.append(builder.labels(), element.value, element.histogram) else {
                throw PromQLError("vector contains metrics with the same labelset after applying rule labels")
            }
        }
        return output
    }
}

/// What an evaluation of a rule gives: samples of different series.
struct RuleOutput {
    let time: Int64
    private(set) var series: Set<Labels> = []
    private var samples = IngestBatch()

    init(time: Int64) { self.time = time }

    /// - Returns: whether there was none with these labels yet.
    mutating func append(_ labels: Labels, _ value: Double, _ histogram: FloatHistogram? = nil) -> Bool {
        guard series.insert(labels).inserted else { return false }
        guard let histogram else {
            samples.append(labels, time: time, value: value)
            return true
        }
        var buffer = SampleBuffer()
        buffer.append(time: time, histogram: histogram)
        samples.append(labels, buffer)
        return true
    }

    /// Its samples, and stale markers for series of before that are not among them.
    func batch(endingAlso before: Set<Labels>) -> IngestBatch {
        var batch = samples
        for labels in before.subtracting(series).sorted() {
            batch.append(labels, time: time, value: Sample.staleMarker)
        }
        return batch
    }
}
