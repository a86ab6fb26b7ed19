/// Rows of cells, aligned, without borders.
struct Table {
    struct Column {
        var title: String
        /// Numbers stand at the right.
        var right = false
        /// This column gives way first when the terminal is too narrow.
        var flexible = false

        init(_ title: String, right: Bool = false, flexible: Bool = false) {
            self.title = title
            self.right = right
            self.flexible = flexible
        }
    }

    var columns: [Column]
    var rows: [[StyledText]] = []
    /// What to say instead of an empty table.
    var whenEmpty: String

    init(_ columns: [Column], whenEmpty: String) {
        self.columns = columns
        self.whenEmpty = whenEmpty
    }

    mutating func add(_ cells: [StyledText]) {
        rows.append(cells)
    }

    mutating func add(_ cells: String...) {
        rows.append(cells.map { StyledText($0) })
    }

    func lines(_ style: TextStyle, indent: Int = 0) -> [String] {
        guard !rows.isEmpty else { return [String(repeating: " ", count: indent) + whenEmpty] }
        return styledLines(style, indent: indent).map { $0.text(colour: style.colour) }
    }

    func styledLines(_ style: TextStyle, indent: Int = 0) -> [StyledText] {
        let widths = columnWidths(style.width.map { $0 - indent })
        let header = columns.map { StyledText($0.title.uppercased(), .dim) }
        return ([header] + rows).map { cells in
            var line = StyledText(String(repeating: " ", count: indent))
            for (index, cell) in cells.enumerated() {
                if index > 0 { line += StyledText("  ") }
                let fitted = cell.fitted(to: style.isTerminal ? widths[index] : nil, symbols: style.symbols)
                line += fitted.padded(to: widths[index], right: columns[index].right)
            }
            return line
        }
    }

    /// Natural widths; on a terminal the flexible columns, then the widest ones, shrink until the row fits.
    private func columnWidths(_ available: Int?) -> [Int] {
        var widths = columns.map { displayWidth($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.width) }
        }
        guard let available else { return widths }
        let minimums = columns.map { max(4, displayWidth($0.title)) }
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - available
        for onlyFlexible in [true, false] {
            while excess > 0 {
                let shrinkable = widths.indices.filter {
                    widths[$0] > minimums[$0] && (!onlyFlexible || columns[$0].flexible)
                }
                guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
                excess -= 1
            }
        }
        return widths
    }
}
