import Synchronization
import Testing
import Wire

@testable import CLI

@Suite struct WatchRenderingTests {
    @Test(
        "A rollout is drawn as its picture in Snapshots shows",
        arguments: [
            ("moving", Fixtures.moving), ("baking", Fixtures.baking), ("held", Fixtures.held),
            ("rolling-back", Fixtures.rollingBack), ("rolled-back", Fixtures.rolledBack),
            ("watching", Fixtures.watching), ("large", Fixtures.large), ("weighing", Fixtures.weighing),
        ])
    func picture(name: String, rollout: RolloutView) {
        let screen = RolloutScreen(rollout, Fixtures.history, style: Fixtures.terminal, rows: 30)
        expectSnapshot(screen.lines().joined(separator: "\n"), "watch-\(name)")
    }

    @Test("A narrow terminal gets short lines, and none is too wide")
    func narrow() {
        var style = Fixtures.terminal
        style.width = 40
        let lines = RolloutScreen(Fixtures.rollingBack, Fixtures.history, style: style, rows: 30).lines()
        #expect(lines.allSatisfy { displayWidth($0) <= 40 })
        expectSnapshot(lines.joined(separator: "\n"), "watch-narrow")
    }

    @Test("No picture is higher or wider than the terminal, whatever its size", arguments: [6, 10, 15, 24, 60])
    func fits(rows: Int) {
        for width in [10, 20, 39, 80, 200] {
            for rollout in [Fixtures.large, Fixtures.held, Fixtures.rolledBack] {
                var style = Fixtures.terminal
                style.width = width
                let lines = RolloutScreen(rollout, Fixtures.history, style: style, rows: rows, trouble: "gone").lines()
                #expect(lines.count <= rows)
                #expect(lines.allSatisfy { displayWidth($0) <= width })
            }
        }
    }

    @Test("Without symbols the picture is plain ASCII")
    func ascii() {
        var style = Fixtures.terminal
        style.symbols = false
        let lines = RolloutScreen(Fixtures.large, Fixtures.history, style: style, rows: 30).lines()
        #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
    }

    @Test("Colour changes nothing but colour")
    func colour() {
        var style = Fixtures.terminal
        style.colour = true
        let coloured = RolloutScreen(Fixtures.held, Fixtures.history, style: style, rows: 30).lines()
        style.colour = false
        let plain = RolloutScreen(Fixtures.held, Fixtures.history, style: style, rows: 30).lines()
        #expect(coloured.contains { $0.contains("\u{1B}[") })
        #expect(coloured.map(withoutColour) == plain)
    }

    @Test("The evidence of checks is plain ASCII without symbols, and fits a narrow terminal")
    func evidence() {
        var style = Fixtures.terminal
        style.symbols = false
        let lines = RolloutScreen(Fixtures.weighing, Fixtures.history, style: style).lines()
        #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
        #expect(lines.contains { $0.contains("#....... 3 to 1 of 200 to 1") })
        style.width = 40
        let narrow = RolloutScreen(Fixtures.weighing, Fixtures.history, style: style).lines()
        #expect(narrow.allSatisfy { displayWidth($0) <= 40 })
    }

    @Test("What a host writes cannot move the cursor")
    func escapes() {
        var rollout = Fixtures.moving
        rollout.waves[1].hosts[1].detail = "failed: \u{1B}[2J\u{9B}31m\r\nboo"
        let text = RolloutScreen(rollout, [], style: Fixtures.terminal).lines().joined()
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
    }

    @Test("A picture is drawn over the one before, and only when it differs")
    func inPlace() {
        var picture = LivePicture()
        #expect(
            picture.draw(["a", "b"], on: TerminalSize(columns: 80, rows: 24)) == "\u{1B}[?25la\u{1B}[K\nb\u{1B}[K\n")
        #expect(picture.draw(["a", "b"], on: TerminalSize(columns: 80, rows: 24)) == "")
        #expect(picture.draw(["c"], on: TerminalSize(columns: 80, rows: 24)) == "\u{1B}[2A\rc\u{1B}[K\n\u{1B}[J")
        #expect(picture.draw(["c"], on: TerminalSize(columns: 40, rows: 24)).hasPrefix("\u{1B}[H\u{1B}[2J"))
        #expect(picture.end() == "\u{1B}[?25h")
        #expect(picture.end() == "")
    }

    @Test("the last picture stays, and is not drawn a second time")
    func finish() {
        let written = Mutexed("")
        let console = Console(
            environment: [:], inputIsTerminal: true, outputIsTerminal: true, errorIsTerminal: true,
            size: { TerminalSize(columns: 100, rows: 40) }, write: { text in written.value.withLock { $0 += text } },
            writeError: { _ in }, readLine: { nil }, readAll: { "" }, now: { noon }, zoneOffset: { _ in 0 })
        var presenter = WatchPresenter(form: .picture, colour: .never, console: console)
        presenter.take(.rollout(Fixtures.baking))
        presenter.finish()
        presenter.finish()
        presenter.draw()
        let text = written.value.withLock { $0 }
        #expect(text.ranges(of: "CHECK").count == 1 && text.hasSuffix("\u{1B}[?25h"), "\(text)")
    }

    /// Takes colour sequences out, and spaces at the end that a colour kept in.
    private func withoutColour(_ line: String) -> String {
        var result = ""
        var isEscape = false
        for character in line {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { result.append(character) }
            if isEscape && character == "m" { isEscape = false }
        }
        while result.hasSuffix(" ") { result.removeLast() }
        return result
    }
}
