import Rollouts
import Values
import Wire

/// Shows a watched rollout: as a picture, as lines, or as JSON.
struct WatchPresenter: Sendable {
    private let form: WatchForm
    private let colour: ColourChoice
    private let console: Console
    private(set) var rollout: RolloutView?
    private var history: [HistoryEntry] = []
    private var trouble: String?
    private var picture = LivePicture()
    private var isFinished = false

    init(form: WatchForm, colour: ColourChoice, console: Console) {
        self.form = form
        self.colour = colour
        self.console = console
    }

    mutating func take(_ input: WatchInput) {
        switch input {
        case .rollout(let rollout):
            // An answer that was asked for earlier may come later.
            if let shown = self.rollout, rollout.sequence < shown.sequence { return }
            self.rollout = rollout
        case .history(let entries):
            for entry in entries { print(entry) }
            // The picture shows the last few only.
            history = Array((history + entries).suffix(50))
        case .lost(let reason, let retry):
            let text = "\(reason); trying again in \(retry)"
            if form != .picture, trouble == nil { console.complain("\(text), and then until it is back") }
            trouble = text
        case .found:
            if form != .picture { console.complain("the server is back") }
            trouble = nil
        }
    }

    private func print(_ entry: HistoryEntry) {
        switch form {
        case .picture: break
        case .lines:
            let style = TextStyle(
                width: nil, colour: false, now: entry.event.at, zoneOffset: console.zoneOffset(entry.event.at))
            console.print("\(style.clock(entry.event.at))  \(harmless(entry.sentence))")
        case .json:
            if let line = try? lineJSON(entry) { console.print(line) }
        }
    }

    /// Draws the picture when something in it has changed.
    mutating func draw() {
        guard form == .picture, !isFinished, let rollout else { return }
        let size = console.size() ?? TerminalSize(columns: 80, rows: 24)
        var style = TextStyle(console: console, colour: colour)
        // The last column stays free: a full line would leave the cursor in a place that terminals do not agree on.
        style.width = max(10, size.columns - 1)
        let screen = RolloutScreen(
            rollout, history, style: style, rows: max(6, size.rows - 1), trouble: trouble)
        let text = picture.draw(screen.lines(), on: size)
        if !text.isEmpty { console.write(text) }
    }

    /// Draws for the last time and gives the terminal back; what comes later is not shown.
    mutating func finish() {
        draw()
        isFinished = true
        let text = picture.end()
        if !text.isEmpty { console.write(text) }
    }
}
