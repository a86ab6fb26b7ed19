public import Series
public import Specs
public import Values

extension Queryable {
    /// Which of the metrics that default checks look at a service has shown within the last hour.
    ///
    /// - Complexity: O(series of these metrics); no sample is read.
    public func seenMetrics(of service: String, at now: Timestamp) throws(QueryError) -> [SeenMetric] {
        var seen: [SeenMetric] = []
        for name in DefaultChecks.names {
            var request = SelectRequest(
                matchers: [LabelMatcher("__name__", .equal, name), LabelMatcher("service", .equal, service)],
                after: (now - .hours(1)).milliseconds, through: now.milliseconds)
            (request.onlyLabels, request.enoughSeries) = (true, 64)
            let found = try series(request)
            guard found.count > 0 else { continue }
            var labels: Set<String> = []
            for index in 0..<min(found.count, 64) { found.labels(index).forEach { name, _ in labels.insert(name) } }
            seen.append(SeenMetric(name: name, labels: labels))
        }
        return seen
    }
}
