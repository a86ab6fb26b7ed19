import Documents

/// Lets the caller's parsers look at every selector and expression.
func checkQueries(of document: Cursor, _ checks: QueryChecks) {
    for item in Fields(cursor: document)["checks"]?.children ?? [] {
        let fields = Fields(cursor: item)
        for form in CheckForm.all {
            guard let kind = fields[form.key] else { continue }
            for query in form.queries {
                let cursor = query.field.isEmpty ? kind : Fields(cursor: kind)[query.field]
                guard let cursor, case .string(let text) = cursor.node.value, !text.isEmpty else { continue }
                report(
                    text, at: cursor, query.isSelector ? .selector : form.key == "gauge" ? .value : .comparison, checks)
            }
        }
    }
}

private enum Query {
    case selector
    case comparison
    case value
}

private func report(_ text: String, at cursor: Cursor, _ query: Query, _ checks: QueryChecks) {
    switch query {
    case .selector:
        guard let problem = checks.selector(text) else { return }
        cursor.report("not a selector: \(problem)", hint: "for example http_requests_total{code=~\"5..\"}")
    case .comparison:
        guard let problem = checks.expression(text) else { return }
        cursor.report("not a comparison: \(problem)", hint: "for example queue_length < 100")
    case .value:
        guard let problem = checks.value(text) else { return }
        cursor.report("not an expression: \(problem)", hint: "for example process_resident_memory_bytes")
    }
}
