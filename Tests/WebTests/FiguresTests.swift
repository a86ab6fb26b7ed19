import Testing
import Values

@testable import Web

@Suite struct FiguresTests {
    @Test("counts have separators", arguments: [(0, "0"), (999, "999"), (1204, "1,204"), (-1_234_567, "−1,234,567")])
    func counts(number: Int, text: String) {
        #expect(Figures.count(number) == text)
    }

    @Test(
        "ratios are percent with as many figures as help",
        arguments: [
            (0, "0%"), (1, "100%"), (0.0523, "5.23%"), (0.05, "5%"), (0.00475, "0.48%"), (0.00031, "0.031%"),
            (0.0000123, "0.00123%"), (Double.nan, "–"), (.infinity, "–"),
        ])
    func percent(ratio: Double, text: String) {
        #expect(Figures.percent(ratio) == text)
    }

    @Test(
        "other values have no more figures than they are worth",
        arguments: [
            (212, "212"), (14.4, "14.4"), (0.00012, "0.0001"), (1_234_567, "1,234,567"), (-3.5, "−3.5"),
            (Double.nan, "not a number"),
        ])
    func plain(value: Double, text: String) {
        #expect(Figures.plain(value) == text)
    }

    @Test(
        "lengths of time have their two largest units",
        arguments: [
            (0, "0 s"), (500, "500 ms"), (45_000, "45 s"), (90_000, "1 min 30 s"), (5_400_000, "1 h 30 min"),
            (7_200_000, "2 h"), (100_800_000, "1 d 4 h"),
        ])
    func periods(milliseconds: Int64, text: String) {
        #expect(Figures.period(Period(milliseconds: milliseconds)) == text)
    }

    @Test(
        "moments are told by their age",
        arguments: [
            (0, "just now"), (1, "just now"), (12, "12 s ago"), (89, "89 s ago"), (90, "2 min ago"),
            (3600, "60 min ago"),
            (10_800, "3 h ago"), (200_000, "2 days ago"), (-300, "in 5 min"),
        ])
    func moments(age: Int64, text: String) {
        #expect(Moments.words(World.noon - .seconds(age), now: World.noon) == text)
    }

    @Test(
        "sentences start with a capital, names do not change",
        arguments: [
            ("wave one started", "Wave one started"), ("held: too few", "Held: too few"),
            ("eu-web-01 is back", "eu-web-01 is back"),
            ("2.5.0 is ready", "2.5.0 is ready"), ("Done.", "Done."), ("", ""),
        ])
    func sentences(text: String, shown: String) {
        #expect(Figures.sentence(text) == shown)
    }

    @Test("a moment carries its exact time")
    func exact() {
        #expect(
            Moments.relative(World.noon - .minutes(4), now: World.noon).html
                == "<time datetime=\"2025-11-23T12:09:20.000Z\" title=\"2025-11-23 12:09:20 UTC\" data-moment>4 min ago</time>"
        )
    }
}
