import PromQL
import Series
import Values

/// What came of one expression.
struct ExplorerAnswer: Sendable {
    /// One series, or one element of a vector.
    struct Row: Sendable {
        var labels: Labels
        /// The cohort or version that it was asked for; empty when it was not.
        var part = ""
        var style = LineStyle.plain(0)
        /// On the chart's grid.
        var values: [Double?] = []
        /// In the table.
        var value: String = ""

        /// - Parameter common: names of labels that all have, and that need not be said of each.
        func name(without common: Set<String> = []) -> String {
            let own = labels.filtered { !common.contains(String(decoding: $0, as: UTF8.self)) }
                .dropping(["cohort", "version"].filter { !part.isEmpty && labels[$0] == part })
            guard !part.isEmpty else { return own.isEmpty ? labels.seriesName : own.seriesName }
            return own.isEmpty ? part : "\(part) · \(own.seriesName)"
        }

        /// Hashed with the part, for the same labels may come with another one.
        func key(of expression: Int) -> String { "\(expression)\(Labels([("", part)]).key.prefix(3))\(labels.key)" }
    }

    var expression: String
    var problem: PromQLError?
    var warnings: [String] = []
    var infos: [String] = []
    var rows: [Row] = []
    /// With those that are not shown.
    var count = 0
    /// What the parts of the split are, when there are any.
    var parts: [String] = []
    /// Why it is not split although it should be.
    var note: String?

    /// So many are drawn.
    static let mostLines = 20
    /// So many are listed.
    static let mostRows = 500

    init(_ expression: String) { self.expression = expression }

    /// Takes in what one part of it gave.
    mutating func add(_ result: QueryResult, part: String, style: LineStyle?, grid: ChartGrid) {
        for text in result.warnings where !warnings.contains(text) { warnings.append(text) }
        for text in result.infos where !infos.contains(text) { infos.append(text) }
        var added: [Row] = []
        switch result.value {
        case .scalar(let value): added = [Row(labels: .empty, part: part, value: Figures.exactly(value))]
        case .string(let text): added = [Row(labels: .empty, part: part, value: text)]
        case .vector(let elements):
            added = elements.map { element in
                let value = element.histogram.map(Figures.summary) ?? Figures.exactly(element.value)
                return Row(labels: element.labels, part: part, value: value)
            }
        case .matrix(let series):
            added = series.map { series in
                var row = Row(labels: series.labels, part: part)
                row.values = ChartLine.values(times: series.times, values: series.values, on: grid)
                row.value = series.values.last.map(Figures.exactly) ?? ""
                return row
            }
            if series.contains(where: { !$0.histograms.isEmpty }) {
                let text = "Native histograms are not drawn: use histogram_quantile, histogram_sum or histogram_count."
                if !infos.contains(text) { infos.append(text) }
                added.removeAll { $0.values.allSatisfy { $0 == nil } }
            }
        }
        if let style { for index in added.indices { added[index].style = style } }
        count += added.count
        rows += added
    }

    /// The labels that all rows have with the same values, so many that they are better said once.
    var common: Labels {
        guard rows.count > 1, let first = rows.first?.labels else { return .empty }
        let same = first.pairs.filter { pair in rows.allSatisfy { $0.labels[pair.name] == pair.value } }
        return same.count > 1 ? Labels(same.map { ($0.name, $0.value) }) : .empty
    }

    /// Keeps the largest, in the order in which they came, and gives those a colour that have none.
    /// - Parameter newest: the versions of the newest rollout, which look the same everywhere.
    mutating func settle(newest: (canary: String, baseline: String?)?) {
        if rows.count > ExplorerAnswer.mostLines, rows.contains(where: { !$0.values.isEmpty }) {
            let sizes = rows.map { $0.values.reduce(0) { max($0, abs($1 ?? 0)) } }
            let kept = Set(
                rows.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.prefix(ExplorerAnswer.mostLines))
            rows = rows.indices.filter(kept.contains).map { rows[$0] }
        }
        guard parts.isEmpty else { return }
        for index in rows.indices { rows[index].style = .plain(index) }
        // The expression itself tells them apart.
        if isEach("cohort") {
            style(by: "cohort", canary: "canary", baseline: "baseline")
        } else if let newest, isEach("version") {
            style(by: "version", canary: newest.canary, baseline: newest.baseline)
        }
    }

    /// Whether every row has another value of a label.
    private func isEach(_ label: String) -> Bool {
        let values = rows.map { $0.labels[label] }
        return !values.contains(nil) && Set(values).count == values.count
    }

    private mutating func style(by label: String, canary: String, baseline: String?) {
        for index in rows.indices {
            switch rows[index].labels[label] {
            case canary: rows[index].style = .canary
            case baseline: rows[index].style = .baseline
            // Not the colour of the canary.
            default: rows[index].style = .plain(index + 1)
            }
        }
    }
}

extension Figures {
    /// All that a table shows of a number.
    static func exactly(_ value: Double) -> String { formatValue(value) }

    /// A native histogram in a few words.
    static func summary(_ histogram: FloatHistogram) -> String {
        "histogram of \(exactly(histogram.count)), sum \(exactly(histogram.sum))"
    }
}
