import Testing
import Values

@testable import Web

@Suite struct ExplorerStateTests {
    @Test("an address and its state are the same thing")
    func roundTrip() {
        let query = [
            "e": "sum(x)", "e2": "y{a=\"b & c\"}", "view": "table", "range": "6h", "step": "30s", "split": "version",
            "marks": "all", "hide": "abc,def", "refresh": "15s",
        ]
        let state = ExplorerState(query: query)
        #expect(state.expressions == ["sum(x)", "y{a=\"b & c\"}"])
        #expect(Dictionary(uniqueKeysWithValues: state.query) == query)
        #expect(ExplorerState(query: Dictionary(uniqueKeysWithValues: state.query)) == state)
        #expect(state.link.text.contains("e2=y%7Ba%3D%22b%20%26%20c%22%7D"))
        #expect(ExplorerState(query: [:]).link.text == "/explore")
    }

    @Test("times are of UTC, written in several ways")
    func times() {
        let noon = World.noon
        for text in [noon.description, String(noon.description.dropLast(1)), "\(noon.milliseconds / 1000)"] {
            #expect(ExplorerState.time(text)?.milliseconds == noon.milliseconds, "\(text)")
        }
        let state = ExplorerState(query: ["from": "2026-01-31T14:05", "to": "2026-01-31T15:05:30", "range": "5m"])
        #expect(state.query.map(\.1) == ["2026-01-31T14:05:00", "2026-01-31T15:05:30"])
    }

    @Test(
        "what is not understood is said, and the usual shown instead",
        arguments: [
            ["range": "soon"], ["range": "9000d"], ["step": "1ms"], ["from": "then", "to": "2026-01-31T15:05:30"],
            ["from": "2026-01-31T15:05:30", "to": "2026-01-31T14:05:00"], ["refresh": "often"], ["from": "5"],
        ])
    func complaints(query: [String: String]) {
        let state = ExplorerState(query: query)
        #expect(state.complaints.count == 1)
        #expect(state.window == .last(.hours(1)))
    }

    @Test("there are four expressions at most, one can be added and taken away, and absurd ones are cut")
    func expressions() {
        #expect(ExplorerState(query: ["e": " ", "e3": "x"]).expressions == ["x"])
        #expect(ExplorerState(query: ["e": "x", "add": "1"]).expressions == ["x", ""])
        #expect(ExplorerState(query: ["e": "x", "e2": "y", "remove": "e"]).expressions == ["y"])
        #expect(ExplorerState(query: ["e": "1", "e2": "2", "e3": "3", "e4": "4", "add": "1"]).expressions.count == 4)
        #expect(ExplorerState(query: ["e": String(repeating: "x", count: 1 << 20)]).expressions[0].count == 10_000)
    }

    @Test("the grid is as fine as the window allows, and never absurdly fine")
    func grid() {
        func grid(_ query: [String: String]) -> ChartGrid { ExplorerState(query: query).grid(now: World.noon) }
        #expect(grid([:]).step == .seconds(15))
        #expect(grid([:]).count == 241)
        #expect(grid(["range": "7d"]).step == .hours(1))
        #expect(grid(["range": "5m", "step": "1s"]).count == 301)
        #expect(grid(["range": "365d", "step": "1s"]).count < 2100)
        #expect(grid(["from": "0", "to": "99999999999"]).count < 2100)
    }

    @Test("zooming out and in keeps the middle; nothing of the future is asked for")
    func zoom() {
        var state = ExplorerState(["x"])
        state.window = .between(World.noon - .hours(3), World.noon - .hours(2))
        let out = state.zoomed(by: 2, now: World.noon).bounds(now: World.noon)
        #expect(out.start == World.noon - .minutes(210) && out.end == World.noon - .minutes(90))
        let latest = ExplorerState(["x"]).zoomed(by: 2, now: World.noon).bounds(now: World.noon)
        #expect(latest.start == World.noon - .hours(2) && latest.end == World.noon)
        let earlier = ExplorerState(["x"]).moved(by: -0.5, now: World.noon).bounds(now: World.noon)
        #expect(earlier.end == World.noon - .minutes(30))
    }
}
