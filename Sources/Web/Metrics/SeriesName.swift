import Series

extension Labels {
    /// As PromQL writes it: `http_requests_total{code="500"}`.
    var seriesName: String {
        let name = self[Labels.metricName] ?? ""
        let rest = pairs.filter { $0.name != Labels.metricName }
        guard !rest.isEmpty else { return name.isEmpty ? "{}" : name }
        return name + "{"
            + rest.map { "\(QueryText.label($0.name))=\(QueryText.quoted($0.value))" }.joined(separator: ", ") + "}"
    }

    /// Short, and the same wherever the same labels are.
    var key: String { String(hash64, radix: 36) }
}
