public import Documents
import Values

extension TimeWindow: DocumentForm {
    static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["days", "from", "until", "zone"], "a time window") else { return nil }
        let from = fields.required("from", like: "\"09:00\"")?.minuteOfDay(upTo: 23 * 60 + 59)
        let until = fields.required("until", like: "\"17:00\"")?.minuteOfDay(upTo: 24 * 60)
        guard let from, let until else { return nil }
        self.init(from: from, until: until)
        if let cursor = fields["days"] { days = TimeWindow.days(cursor) }
        zone = fields["zone"]?.zoneName() ?? zone
    }

    /// `mon-fri`, `sat`, or a list of such.
    private static func days(_ cursor: Cursor) -> Set<Int> {
        var cursors = [cursor]
        if case .sequence = cursor.node.value { cursors = cursor.items() ?? [] }
        if cursors.isEmpty {
            cursor.report("no day is allowed, so the wave would never start", hint: "remove 'days' for every day")
        }
        return cursors.reduce(into: []) { $0.formUnion(range($1)) }
    }

    private static func range(_ cursor: Cursor) -> Set<Int> {
        guard let text = cursor.text("a day like mon, or days like mon-fri") else { return [] }
        let words = text.lowercased().split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let numbers = words.compactMap { dayNames.firstIndex(of: $0) }
        guard (1...2).contains(words.count), numbers.count == words.count else {
            let wrong = words.first { !dayNames.contains($0) } ?? text
            // Long names are the usual mistake.
            let short = dayNames.first { wrong.hasPrefix($0) } ?? nearest(to: wrong, among: dayNames)
            cursor.report(
                "'\(wrong)' is no day",
                hint: short.map { "did you mean '\($0)'?" } ?? "days are \(listed(dayNames))")
            return []
        }
        let (first, last) = (numbers[0], numbers[numbers.count - 1])
        return Set(first <= last ? Array(first...last) : Array(first...6) + Array(0...last))
    }

    public var documentNode: Node {
        .mapping([
            (
                "days",
                days.isEmpty
                    ? nil : .sequence(days.sorted().filter((0...6).contains).map { .string(TimeWindow.dayNames[$0]) })
            ),
            ("from", .string(TimeWindow.clock(from))),
            ("until", .string(TimeWindow.clock(until))),
            ("zone", .string(zone)),
        ])
    }

    /// `09:00`
    private static func clock(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }
}

extension Cursor {
    /// A time of day like `09:00`, in minutes after midnight.
    func minuteOfDay(upTo last: Int) -> Int? {
        guard case .string(let text) = node.value else {
            mismatch("a time of day like \"09:00\"")
            return nil
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isWellFormed =
            parts.count == 2 && (1...2).contains(parts[0].count) && parts[1].count == 2
            && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard isWellFormed, let hour = Int(parts[0]), let minute = Int(parts[1]) else {
            mismatch("a time of day like \"09:00\"")
            return nil
        }
        guard minute < 60, hour * 60 + minute <= last else {
            report("\(text) is no time of day", hint: last == 1440 ? "the last is 24:00" : "the last is 23:59")
            return nil
        }
        return hour * 60 + minute
    }

    /// The name of a time zone. Whether the zone exists is known only to machines that have the zone files.
    func zoneName() -> String? {
        guard let name = text("a time zone like Europe/Zurich") else { return nil }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let area = parts.first ?? ""
        let isPlausible =
            parts.allSatisfy(isZoneWord)
            && (parts.count == 1 ? zonesWithoutArea.contains(area) : zoneAreas.contains(area) && parts.count <= 3)
        if !isPlausible {
            let near = nearest(to: area, among: parts.count == 1 ? zonesWithoutArea : zoneAreas)
            let suggestion = near.map { ([$0] + parts.dropFirst()).joined(separator: "/") }
            let offset = name.first == "+" || name.first == "-" || name.hasPrefix("UTC") || name.hasPrefix("GMT")
            report(
                "'\(name)' is no time zone",
                hint: suggestion.flatMap { $0 == name || offset ? nil : "did you mean '\($0)'?" }
                    ?? "write UTC, or an area and city like Europe/Zurich")
        }
        return name
    }

    private func isZoneWord(_ word: String) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "_-+".utf8.contains($0)
            }
    }
}

/// The areas of the IANA time zone database.
private let zoneAreas = [
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific", "Etc",
    "US", "Canada", "Brazil", "Chile", "Mexico",
]

/// The zones of the IANA time zone database that belong to no area.
private let zonesWithoutArea = [
    "UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich", "CET", "EET", "MET", "WET", "EST", "MST", "HST", "EST5EDT",
    "CST6CDT",
    "MST7MDT", "PST8PDT", "PRC", "ROC", "ROK", "NZ", "GB", "Cuba", "Egypt", "Eire", "Hongkong", "Iceland", "Iran",
    "Israel",
    "Jamaica", "Japan", "Kwajalein", "Libya", "Navajo", "Poland", "Portugal", "Singapore", "Turkey",
]
