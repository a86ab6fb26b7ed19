import Values

/// Series over time, drawn with the dots of Braille, or with letters where a terminal has no such symbols.
struct QueryChart {
    private struct Line {
        var name: String
        var points: [(time: Double, value: Double)]
    }

    private static let looks: [Look] = [.accent, .good, .caution, .bad, .bold, .plain, .dim]
    /// More lines cannot be told apart.
    private static let most = 12
    private static let rows = 12

    private let curves: [Line]
    private let left: Int
    private let start: Timestamp
    private let end: Timestamp
    private let style: TextStyle

    init(_ answer: MetricsAnswer, from start: Timestamp, through end: Timestamp, _ style: TextStyle) {
        (self.start, self.end, self.style) = (start, end, style)
        guard case .series(let series) = answer.result else {
            (curves, left) = ([], 0)
            return
        }
        let all = series.map { one in
            let histograms = (one.histograms ?? []).compactMap { point in
                Double(point.histogram.count).map { (time: point.seconds, value: $0) }
            }
            let numbers = (one.values ?? []).compactMap { point in
                point.number.map { (time: point.seconds, value: $0) }
            }
            return Line(name: one.name, points: numbers.isEmpty ? histograms : numbers)
        }
        .filter { !$0.points.isEmpty }
        curves = Array(all.prefix(QueryChart.most))
        left = all.count - curves.count
    }

    func lines() -> [String] {
        let values = curves.flatMap { $0.points.map(\.value) }
        guard var low = values.min(), var high = values.max() else { return ["Nothing matches."] }
        // A line that does not move stands in the middle.
        if low == high { (low, high) = (low - max(abs(low) * 0.1, 1), high + max(abs(high) * 0.1, 1)) }
        let most = Double.greatestFiniteMagnitude
        (low, high) = (max(low, -most), min(high, most))
        let marks = [high, low / 2 + high / 2, low].map(QueryChart.label)
        let margin = marks.map(displayWidth).max() ?? 0
        let width = max(10, (style.width ?? 80) - margin - 2)
        var canvas = Canvas(columns: width, rows: QueryChart.rows)
        for (number, line) in curves.enumerated() { draw(line, number, low, high, &canvas) }
        var text: [StyledText] = []
        for row in 0..<QueryChart.rows {
            let mark = row == 0 ? marks[0] : row == QueryChart.rows - 1 ? marks[2] : row == 5 ? marks[1] : ""
            var line = StyledText(mark, .dim).padded(to: margin, right: true)
            line += StyledText(style.symbols ? " ┤" : " |", .dim)
            for column in 0..<width { line += cell(canvas, column, row) }
            text.append(line)
        }
        let (first, last) = (style.clock(start), style.clock(end))
        let gap = max(1, width - first.count - last.count)
        text.append(
            StyledText(
                String(repeating: " ", count: margin + 2) + first + String(repeating: " ", count: gap) + last, .dim))
        return (text + legend).map { $0.fitted(to: style.width, symbols: style.symbols).text(colour: style.colour) }
    }

    private var usesLetters: Bool { !style.symbols || !style.colour && curves.count > 1 }

    private func cell(_ canvas: Canvas, _ column: Int, _ row: Int) -> StyledText {
        let (dots, owner) = canvas[column, row]
        guard dots != 0 else { return StyledText(" ") }
        let symbol =
            usesLetters
            ? QueryChart.letter(owner) : Unicode.Scalar(0x2800 + UInt32(dots)).map { String(Character($0)) } ?? "*"
        return StyledText(symbol, QueryChart.looks[owner % QueryChart.looks.count])
    }

    private static func letter(_ number: Int) -> String {
        String(Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(number))))
    }

    private var legend: [StyledText] {
        var text = curves.enumerated().map { number, line in
            let mark = usesLetters ? QueryChart.letter(number) : style.symbols ? "━━" : "--"
            let now = line.points.last.map { QueryChart.label($0.value) } ?? ""
            return StyledText(mark, QueryChart.looks[number % QueryChart.looks.count])
                + StyledText(" \(line.name)  \(now)")
        }
        if left > 0 { text.append(StyledText("and \(counted(left, "more line"))", .dim)) }
        return text
    }

    private func draw(_ line: Line, _ number: Int, _ low: Double, _ high: Double, _ canvas: inout Canvas) {
        let from = Double(start.milliseconds) / 1000
        let length = max(0.001, Double(end.milliseconds) / 1000 - from)
        let (width, height) = (Double(canvas.columns * 2 - 1), Double(QueryChart.rows * 4 - 1))
        var last: (x: Int, y: Int)?
        // Two points are joined unless something between them is missing.
        let usual = zip(line.points, line.points.dropFirst()).map { $1.time - $0.time }.min() ?? 0
        var lastTime = -Double.infinity
        for point in line.points {
            let x = Int(((point.time - from) / length * width).rounded())
            // Halves, so that the largest numbers can be subtracted.
            let share = (high / 2 - point.value / 2) / (high / 2 - low / 2)
            guard share.isFinite else { continue }
            let y = Int((min(max(share, 0), 1) * height).rounded())
            if let last, point.time - lastTime <= usual * 1.5 {
                canvas.join(last.x, last.y, x, y, number)
            } else {
                canvas.set(x, y, number)
            }
            (last, lastTime) = ((x, y), point.time)
        }
    }

    /// A number with four digits or so, and `k`, `M` or `G` for large ones.
    static func label(_ value: Double) -> String {
        for (size, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where abs(value) >= size {
            return number(value / (unit == "k" ? 1000 : size)) + unit
        }
        if value != 0, abs(value) < 0.01 { return "\(Float(value))" }
        return number(value)
    }
}

/// Dots, two wide and four high in each cell of a terminal; a cell has the look of who drew there last.
private struct Canvas {
    private(set) var columns: Int
    private var cells: [(dots: UInt8, owner: Int)]
    private let height: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        height = rows * 4
        cells = Array(repeating: (0, 0), count: columns * rows)
    }

    subscript(column: Int, row: Int) -> (dots: UInt8, owner: Int) { cells[row * columns + column] }

    mutating func set(_ x: Int, _ y: Int, _ owner: Int) {
        guard (0..<columns * 2).contains(x), (0..<height).contains(y) else { return }
        // How Braille numbers its dots.
        let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
        let place = y / 4 * columns + x / 2
        cells[place] = (cells[place].dots | bits[y % 4][x % 2], owner)
    }

    mutating func join(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int, _ owner: Int) {
        let steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in 0...steps {
            set(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, owner)
        }
    }
}
