import PromQL
import Values

/// Everything that the explorer shows, as its address says it: whoever has the address sees the same.
struct ExplorerState: Hashable, Sendable {
    enum View: String, CaseIterable, Sendable {
        case chart
        case table
    }

    enum Split: String, CaseIterable, Sendable {
        case none
        case cohort
        case version

        var words: String {
            switch self {
            case .none: return "As it is"
            case .cohort: return "Canary against baseline"
            case .version: return "By version"
            }
        }
    }

    /// Which deployments are marked.
    enum Marks: String, CaseIterable, Sendable {
        case matching
        case all
        case none

        var words: String {
            switch self {
            case .matching: return "Of these services"
            case .all: return "Of every service"
            case .none: return "None"
            }
        }
    }

    enum Window: Hashable, Sendable {
        case last(Period)
        case between(Timestamp, Timestamp)
    }

    static let mostExpressions = 4
    static let presets = ["5m", "15m", "1h", "6h", "24h", "7d"]
    static let steps = ["1s", "5s", "15s", "30s", "1m", "5m", "15m", "1h", "6h", "1d"]
    static let refreshes = ["5s", "15s", "1m", "5m"]
    private static let longestExpression = 10_000
    private static let usual = Period.hours(1)

    /// At least one, which may be empty.
    var expressions: [String]
    var view = View.chart
    var window = Window.last(ExplorerState.usual)
    /// `nil` is as fits the window.
    var step: Period?
    var split = Split.none
    var marks = Marks.matching
    /// The keys of lines that are not shown.
    var hidden: Set<String> = []
    var refresh: Period?
    /// What was said and not understood.
    var complaints: [String] = []

    init(_ expressions: [String] = [""]) { self.expressions = expressions }

    init(query: [String: String]) {
        let given = ExplorerState.names.filter { $0 != query["remove"] }.compactMap { query[$0] }
            .filter { !$0.allSatisfy(\.isWhitespace) }
        expressions = given.map { String($0.prefix(ExplorerState.longestExpression)) }
        if expressions.isEmpty || (query["add"] != nil && expressions.count < ExplorerState.mostExpressions) {
            expressions.append("")
        }
        view = query["view"].flatMap(View.init) ?? .chart
        split = query["split"].flatMap(Split.init) ?? .none
        marks = query["marks"].flatMap(Marks.init) ?? .matching
        hidden = Set((query["hide"] ?? "").split(separator: ",").prefix(500).map(String.init))
        step = period("step", query)
        refresh = period("refresh", query)
        if let least = refresh, least < .seconds(5) { refresh = .seconds(5) }
        window = window(query)
    }

    /// The names of the fields that expressions are sent in.
    static let names = ["e", "e2", "e3", "e4"]

    private mutating func period(_ name: String, _ query: [String: String]) -> Period? {
        guard let text = query[name], !text.isEmpty, text != "auto", text != "off" else { return nil }
        guard let milliseconds = parseDuration(text), milliseconds >= 1000 else {
            complaints.append("The \(name) is a time of at least a second, such as 15s, not “\(text.prefix(40))”.")
            return nil
        }
        return Period(milliseconds: milliseconds)
    }

    private mutating func window(_ query: [String: String]) -> Window {
        let (from, to) = (query["from"] ?? "", query["to"] ?? "")
        if !from.isEmpty || !to.isEmpty {
            guard let start = ExplorerState.time(from), let end = ExplorerState.time(to), start < end else {
                complaints.append(
                    "From and to are two times, the earlier one first, such as 2026-01-31T14:05:00; both are of UTC.")
                return .last(ExplorerState.usual)
            }
            return .between(start, end)
        }
        guard let text = query["range"], !text.isEmpty else { return .last(ExplorerState.usual) }
        guard let length = parseDuration(text), length >= 1000, length <= 366 * 86_400_000 else {
            complaints.append("The range is a time such as 15m or 6h, a year at most, not “\(text.prefix(40))”.")
            return .last(ExplorerState.usual)
        }
        return .last(Period(milliseconds: length))
    }

    /// Seconds since the epoch, RFC 3339, or as a browser's field has it, without a zone.
    static func time(_ text: String) -> Timestamp? {
        if let seconds = Double(text), seconds >= 0, seconds < 1e11 {
            return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
        }
        let found = Timestamp(text) ?? Timestamp(text + "Z") ?? Timestamp(text + ":00Z")
        return found.flatMap { (0..<100_000_000_000_000).contains($0.milliseconds) ? $0 : nil }
    }

    // MARK: Times

    func bounds(now: Timestamp) -> (start: Timestamp, end: Timestamp) {
        switch window {
        case .last(let length): return (now - length, now)
        case .between(let start, let end): return (start, end)
        }
    }

    /// The moments that values are asked for: never so many that a browser or the server would groan.
    func grid(now: Timestamp) -> ChartGrid {
        let (start, end) = bounds(now: now)
        let fitting = ChartGrid.step(for: end - start, points: 240)
        let finest = Period(milliseconds: (end - start).milliseconds / 2000 + 1)
        return ChartGrid(from: start, through: end, step: step.map { max($0, finest) } ?? fitting)
    }

    // MARK: Addresses

    var link: Link { Link("explore", query: query) }

    /// The fields of its address; what is usual is left out.
    var query: [(String, String)] {
        var fields = zip(ExplorerState.names, expressions).map { ($0, $1) }.filter { !$0.1.isEmpty }
        if view != .chart { fields.append(("view", view.rawValue)) }
        switch window {
        case .last(ExplorerState.usual): break
        case .last(let length): fields.append(("range", "\(length)"))
        case .between(let start, let end):
            fields.append(("from", ExplorerState.text(start)))
            fields.append(("to", ExplorerState.text(end)))
        }
        if let step { fields.append(("step", "\(step)")) }
        if split != .none { fields.append(("split", split.rawValue)) }
        if marks != .matching { fields.append(("marks", marks.rawValue)) }
        if !hidden.isEmpty { fields.append(("hide", hidden.sorted().joined(separator: ","))) }
        if let refresh { fields.append(("refresh", "\(refresh)")) }
        return fields
    }

    /// As a browser's field takes it: `2026-01-31T14:05:00`.
    static func text(_ at: Timestamp) -> String { String(at.description.prefix(19)) }

    func with(_ change: (inout ExplorerState) -> Void) -> ExplorerState {
        var state = self
        change(&state)
        return state
    }

    /// The same around the same middle, `factor` times as long.
    func zoomed(by factor: Double, now: Timestamp) -> ExplorerState {
        let (start, end) = bounds(now: now)
        let half = Int64(Double((end - start).milliseconds) * factor / 2)
        let middle = start.milliseconds + (end - start).milliseconds / 2
        let length = max(5000, min(half, 183 * 86_400_000))
        return with {
            let newest = max(now, end)
            // What is to come has no values.
            let to = min(Timestamp(milliseconds: middle + length), newest)
            let from = Timestamp(milliseconds: max(0, to.milliseconds - 2 * length))
            $0.window = .between(from.wholeSecond, to.wholeSecond)
        }
    }

    /// Half a window earlier or later.
    func moved(by share: Double, now: Timestamp) -> ExplorerState {
        let (start, end) = bounds(now: now)
        let distance = Period(milliseconds: Int64(Double((end - start).milliseconds) * share))
        return with {
            $0.window = .between(
                max(.epoch, start + distance).wholeSecond, max(.epoch + .seconds(5), end + distance).wholeSecond)
        }
    }
}

extension Timestamp {
    fileprivate var wholeSecond: Timestamp { Timestamp(milliseconds: milliseconds / 1000 * 1000) }
}
