import Values

/// What a query gave, as rows.
enum QueryTable {
    private static let nothing = "Nothing matches."

    /// Each series with its value; a range selector's series with all of theirs.
    static func lines(_ answer: MetricsAnswer, _ style: TextStyle) -> [String] {
        guard case .series(let series) = answer.result else {
            guard case .single(let point) = answer.result else { return [] }
            return [point.text]
        }
        if answer.resultType == "matrix" { return rows(answer, style) }
        var table = Table([.init("series", flexible: true), .init("value", right: true)], whenEmpty: nothing)
        for one in series { table.add(one.name, one.value?.text ?? one.histogram?.text ?? "-") }
        return table.lines(style)
    }

    /// A row for each value of each series.
    static func rows(_ answer: MetricsAnswer, _ style: TextStyle) -> [String] {
        guard case .series(let series) = answer.result else { return lines(answer, style) }
        var table = Table(
            [.init("time"), .init("series", flexible: true), .init("value", right: true)], whenEmpty: nothing)
        func time(_ seconds: Double) -> String { "\(Timestamp(milliseconds: Int64((seconds * 1000).rounded())))" }
        for one in series {
            for point in one.values ?? [] { table.add(time(point.seconds), one.name, point.text) }
            for point in one.histograms ?? [] { table.add(time(point.seconds), one.name, point.text) }
        }
        return table.lines(style)
    }
}
