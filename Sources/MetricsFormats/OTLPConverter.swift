import Series

/// Makes samples of OpenTelemetry's data points.
struct OTLPConverter {
    private let promoted: [String]
    /// Resources that were seen: their `target_info` with the newest time.
    private var targets: [Labels: Int64] = [:]
    private var described: Set<String> = []

    init(promoted: [String]) { self.promoted = promoted }

    mutating func add(
        _ resource: [(name: String, value: String)], _ metric: OTLPMetric, into batch: inout IngestBatch
    ) {
        guard let kind = metric.kind, !metric.name.isEmpty else {
            batch.refuse(max(1, metric.points.count), "the metric '\(metric.name.prefix(100))' has no name or no data")
            return
        }
        let isCounted = kind != .gauge && kind != .summary
        guard !isCounted || metric.temporality == 1 || metric.temporality == 2 else {
            batch.refuse(metric.points.count, "\(metric.name): its aggregation temporality is not given")
            return
        }
        let name = OTLPNames.metric(metric)
        describe(name, metric, kind, into: &batch)
        let shared = labels(resource)
        for point in metric.points {
            batch.exemplars += point.exemplars
            let time = Int64(clamping: point.time / 1_000_000)
            if let target = info(resource) { targets[target] = max(targets[target] ?? 0, time) }
            let context = PointContext(
                labels: shared + point.attributes.map { (OTLPNames.label($0.name), $0.value) }, time: time,
                start: isCounted && (kind != .sum || metric.isMonotonic) ? Int64(clamping: point.start / 1_000_000) : 0,
                isDelta: isCounted && metric.temporality == 1)
            // A sum that may fall cannot be added up from deltas without its beginning: it is, all the same, the only way.
            switch kind {
            case .gauge, .sum: context.append(name, point.hasNoValue ? Sample.staleMarker : point.value, into: &batch)
            case .histogram: context.appendHistogram(name, point, into: &batch)
            case .exponentialHistogram: context.appendExponential(name, point, into: &batch)
            case .summary: context.appendSummary(name, point, into: &batch)
            }
        }
    }

    /// Adds what describes the resources.
    mutating func finish(into batch: inout IngestBatch) {
        for (labels, time) in targets.sorted(by: { $0.key < $1.key }) { batch.append(labels, time: time, value: 1) }
    }

    private mutating func describe(
        _ name: String, _ metric: OTLPMetric, _ kind: OTLPMetric.Kind, into batch: inout IngestBatch
    ) {
        guard described.insert(name).inserted else { return }
        let type =
            switch kind {
            case .gauge: "gauge"
            case .sum: metric.isMonotonic ? "counter" : "gauge"
            case .histogram, .exponentialHistogram: "histogram"
            case .summary: "summary"
            }
        batch.metadata.append(
            MetricMetadata(metric: name, type: type, help: metric.description, unit: OTLPNames.unit(metric.unit)))
    }

    private func labels(_ resource: [(name: String, value: String)]) -> [(String, String)] {
        var labels: [(String, String)] = []
        func attribute(_ name: String) -> String? { resource.last { $0.name == name }?.value }
        if let service = attribute("service.name") {
            labels.append(("job", attribute("service.namespace").map { "\($0)/\(service)" } ?? service))
        }
        if let instance = attribute("service.instance.id") { labels.append(("instance", instance)) }
        for name in promoted {
            if let value = attribute(name) { labels.append((OTLPNames.label(name), value)) }
        }
        return labels
    }

    /// The labels of `target_info`, when there is more to say than `job` and `instance`.
    private func info(_ resource: [(name: String, value: String)]) -> Labels? {
        let identifying: Set = ["service.name", "service.namespace", "service.instance.id"]
        let rest = resource.filter { !identifying.contains($0.name) }
        guard !rest.isEmpty, resource.contains(where: { $0.name == "service.name" }) else { return nil }
        var builder = LabelsBuilder()
        for (name, value) in rest { builder.set(OTLPNames.label(name), value) }
        for (name, value) in labels(resource) { builder.set(name, value) }
        builder.set(Labels.metricName, "target_info")
        return builder.labels()
    }
}

/// What the samples of a data point have in common.
struct PointContext {
    let labels: [(String, String)]
    let time: Int64
    let start: Int64
    let isDelta: Bool

    func append(
        _ name: String, _ value: Double, _ extra: (String, String)? = nil, into batch: inout IngestBatch
    ) {
        batch.append(series(name, extra), time: time, value: value, start: start)
        batch.series[batch.series.count - 1].isDelta = isDelta && value.bitPattern != Sample.staleMarker.bitPattern
    }

    private func series(_ name: String, _ extra: (String, String)? = nil) -> Labels {
        var builder = LabelsBuilder()
        for (label, value) in labels { builder.set(label, value) }
        if let extra { builder.set(extra.0, extra.1) }
        builder.set(Labels.metricName, name)
        return builder.labels()
    }

    func appendHistogram(_ name: String, _ point: OTLPPoint, into batch: inout IngestBatch) {
        guard point.counts.isEmpty || point.counts.count == point.bounds.count + 1 else {
            batch.refuse(1, "\(name): it has \(point.counts.count) buckets for \(point.bounds.count) bounds")
            return
        }
        func value(_ number: Double) -> Double { point.hasNoValue ? Sample.staleMarker : number }
        var count = 0.0
        for (index, bound) in point.bounds.enumerated() {
            count += point.counts.isEmpty ? 0 : point.counts[index]
            append("\(name)_bucket", value(count), ("le", OTLPNames.number(bound)), into: &batch)
        }
        append("\(name)_bucket", value(point.count), ("le", "+Inf"), into: &batch)
        append("\(name)_count", value(point.count), into: &batch)
        if let sum = point.sum { append("\(name)_sum", value(sum), into: &batch) }
    }

    func appendSummary(_ name: String, _ point: OTLPPoint, into batch: inout IngestBatch) {
        func value(_ number: Double) -> Double { point.hasNoValue ? Sample.staleMarker : number }
        for (quantile, number) in point.quantiles {
            append(name, value(number), ("quantile", OTLPNames.number(quantile)), into: &batch)
        }
        append("\(name)_count", value(point.count), into: &batch)
        append("\(name)_sum", value(point.sum ?? 0), into: &batch)
    }

    func appendExponential(_ name: String, _ point: OTLPPoint, into batch: inout IngestBatch) {
        guard var histogram = FloatHistogram(otlp: point) else {
            batch.refuse(1, "\(name): its scale \(point.scale) is less than -4, or its buckets reach too far")
            return
        }
        if isDelta { histogram.counterResetHint = .gauge }
        if point.hasNoValue { histogram = FloatHistogram(sum: Sample.staleMarker) }
        var buffer = SampleBuffer()
        buffer.append(time: time, histogram: histogram, start: start)
        batch.append(series(name), buffer)
    }
}
