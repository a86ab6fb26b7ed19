import PromQL
public import Series
public import Specs
public import Values

extension Queryable {
    /// What is odd about a selector of bad events that has found none: a sentence, or `nil`.
    ///
    /// That nothing is bad is usual, and then there is often no series of it. A label that none of the metric's series has is not: it
    /// is misspelt, or only bad events have it.
    ///
    /// - Complexity: O(series of both metrics); no sample is read.
    func oddity(bad: String, total: String, service: String, at now: Timestamp) -> String? {
        guard let bad = try? parseSelector(bad), let total = try? parseSelector(total), let name = bad.metricName,
            let seen = try? labels(of: name, service: service, at: now)
        else { return nil }
        guard !seen.isEmpty else {
            guard let all = total.metricName, all != name else { return nil }
            return "no series of \(name) yet: nothing was bad, or it has another name"
        }
        let missing = bad.first { matcher in
            let needsLabel = matcher.operation == .equal || matcher.operation == .matches
            return needsLabel && !matcher.value.isEmpty && matcher.name != Labels.metricName
                && !seen.contains(matcher.name)
        }
        guard let missing else { return nil }
        // What every scrape leaves says nothing of the metric.
        let own = seen.subtracting(["__name__", "service", "host", "version", "instance"]).sorted()
        let hint = nearest(to: missing.name, among: own).map { "did you mean '\($0)'?" } ?? "it has \(namesText(own))"
        return
            "no series of \(name) has a label '\(missing.name)' (\(hint)): unless only bad events have it, none is ever found"
    }

    /// The same at apply time, for a check that compares counts: only what is most likely a mistake.
    public func oddity(of check: CheckSpec, service: String, at now: Timestamp) -> String? {
        switch check.kind {
        case .ratio(let bad, let total), .slo(let bad, let total, _), .peers(let bad, let total):
            guard let name = (try? parseSelector(bad))?.metricName, name == (try? parseSelector(total))?.metricName
            else { return nil }
            return oddity(bad: bad, total: total, service: service, at: now).map { "check \(check.name): \($0)" }
        case .latency, .rate, .gauge, .guardrail, .web: return nil
        }
    }

    private func labels(of name: String, service: String, at now: Timestamp) throws(QueryError) -> Set<String> {
        var request = SelectRequest(
            matchers: [LabelMatcher(Labels.metricName, .equal, name), LabelMatcher("service", .equal, service)],
            after: (now - .hours(1)).milliseconds, through: now.milliseconds)
        (request.onlyLabels, request.enoughSeries) = (true, 256)
        let found = try series(request)
        var labels: Set<String> = []
        for index in 0..<min(found.count, 256) { found.labels(index).forEach { name, _ in labels.insert(name) } }
        return labels
    }
}

extension [LabelMatcher] {
    fileprivate var metricName: String? {
        first { $0.name == Labels.metricName && $0.operation == .equal }?.value
    }
}

private func namesText(_ names: [String]) -> String {
    guard !names.isEmpty else { return "no label of its own" }
    return names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and others" : "")
}
