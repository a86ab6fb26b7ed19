import Testing
import Values

@testable import CLI

@Suite struct TableTests {
    private func table() -> Table {
        var table = Table(
            [.init("name"), .init("count", right: true), .init("what", flexible: true)], whenEmpty: "Nothing.")
        table.add("short", "7", "a sentence that is rather long for a narrow terminal")
        table.add("日本語", "1,234", "wide characters")
        table.add("émoji 🚀", "-", "")
        return table
    }

    @Test("Columns are aligned, wide characters too, and lines have no spaces at their end")
    func aligned() {
        let style = TextStyle(width: 100, colour: false, now: noon)
        expectSnapshot(table().lines(style).joined(separator: "\n"), "table")
    }

    @Test("On a terminal the flexible column is cut; elsewhere nothing is")
    func cut() {
        let narrow = table().lines(TextStyle(width: 40, colour: false, now: noon))
        #expect(narrow.allSatisfy { displayWidth($0) <= 40 })
        #expect(narrow[1] == "short         7  a sentence that is rat…")
        let piped = table().lines(TextStyle(width: nil, colour: false, now: noon))
        #expect(piped[1].hasSuffix("for a narrow terminal"))
    }

    @Test("An empty table says what to do instead")
    func empty() {
        let table = Table([.init("name")], whenEmpty: "Nothing.")
        #expect(table.lines(TextStyle(width: 40, colour: false, now: noon)) == ["Nothing."])
    }

    @Test("Times are told as a distance on a terminal, and exactly elsewhere")
    func times() {
        let terminal = TextStyle(width: 80, colour: false, now: noon)
        #expect(terminal.time(noon - .seconds(185)) == "3m05s ago")
        #expect(terminal.time(noon + .hours(2)) == "in 2h")
        #expect(terminal.time(nil) == "-")
        #expect(TextStyle(width: nil, colour: false, now: noon).time(noon) == "2026-11-24T12:00:00.000Z")
        var zoned = terminal
        zoned.zoneOffset = 3600
        #expect(zoned.clock(noon) == "13:00:00")
    }

    @Test("Numbers are written as people read them")
    func numbers() {
        #expect(percentage(0.00479) == "0.48%")
        #expect(percentage(0.0521) == "5.21%")
        #expect(percentage(0.1234) == "12.3%")
        #expect(percentage(nil) == "-")
        #expect(percentage(.nan) == "not a number")
        #expect(grouped(18_233) == "18,233")
        #expect(grouped(999) == "999")
        #expect(grouped(-1234) == "-1,234")
        #expect(number(14.4) == "14.4")
        #expect(number(3) == "3")
        #expect(fixed(-0.001, 2) == "0.00")
        #expect(briefly(.milliseconds(41_999)) == "41s")
        #expect(briefly(.hours(1)) == "1h")
        #expect(briefly(.hours(50)) == "2d")
    }

    @Test("Widths count columns: two for wide characters, none for joiners")
    func widths() {
        #expect(displayWidth("abc") == 3)
        #expect(displayWidth("日本") == 4)
        #expect(displayWidth("e\u{301}") == 1)
        #expect(displayWidth("👩‍👩‍👧") == 2)
        #expect(shortened("日本語です", to: 5) == "日本…")
        #expect(wrapped("one two three", width: 7) == ["one two", "three"])
    }
}
