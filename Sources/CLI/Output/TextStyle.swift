import Values

/// How text is written for people: how wide, in colour or not, and at what time.
struct TextStyle: Sendable {
    /// Columns of the terminal; `nil` when the text goes elsewhere, where nothing is ever cut.
    var width: Int?
    var colour: Bool
    /// Whether symbols beyond ASCII can be shown.
    var symbols: Bool
    var now: Timestamp
    /// How far local time is ahead of UTC, in seconds.
    var zoneOffset: Int

    init(width: Int?, colour: Bool, symbols: Bool = true, now: Timestamp, zoneOffset: Int = 0) {
        self.width = width
        self.colour = colour
        self.symbols = symbols
        self.now = now
        self.zoneOffset = zoneOffset
    }

    init(console: Console, colour choice: ColourChoice) {
        let environment = console.environment
        let now = console.now()
        width = console.outputIsTerminal ? console.size()?.columns ?? 80 : nil
        self.now = now
        zoneOffset = console.zoneOffset(now)
        switch choice {
        case .always: colour = true
        case .never: colour = false
        case .auto:
            colour =
                console.outputIsTerminal && environment["NO_COLOR", default: ""].isEmpty
                && environment["TERM"] != "dumb"
        }
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C.UTF-8"
        symbols = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    }

    var isTerminal: Bool { width != nil }

    /// A time as people read it: how long ago on a terminal, exact elsewhere.
    func time(_ time: Timestamp?) -> String {
        guard let time else { return "-" }
        guard isTerminal else { return time.description }
        let distance = now - time
        return distance < .zero ? "in \(briefly(.zero - distance))" : "\(briefly(distance)) ago"
    }

    /// The local time of day, `14:05:09`.
    func clock(_ time: Timestamp) -> String {
        let local = Timestamp(milliseconds: time.milliseconds + Int64(zoneOffset) * 1000).description
        return String(local.dropFirst(11).prefix(8))
    }
}
