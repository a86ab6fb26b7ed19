import Series

extension Labels {
    /// As PromQL writes it: `http_requests_total{code="500"}`.
    var seriesName: String {
        let name = self[Labels.metricName] ?? ""
        let rest = pairs.filter { $0.name != Labels.metricName }
        guard !rest.isEmpty else { return name.isEmpty ? "{}" : name }
        return name + "{" + rest.map { "\($0.name)=\"\($0.value.escapedForPromQL)\"" }.joined(separator: ", ") + "}"
    }

    /// Short, and the same wherever the same labels are.
    var key: String { String(hash64, radix: 36) }
}

extension String {
    /// What must be escaped within double quotes.
    var escapedForPromQL: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
