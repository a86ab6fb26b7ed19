import Testing
import Values

@testable import Verdicts

@Suite("Whether keys were given out as planned")
struct FlagExposureTests {
    private func check(_ share: Double, _ seen: FlagExposureCheck.Seen...) -> FlagExposureCheck {
        FlagExposureCheck(to: "on", from: "off", share: Percentage(share), seen: seen)
    }

    private func seen(_ to: Double, _ from: Double, crossed: Double = 0) -> FlagExposureCheck.Seen {
        FlagExposureCheck.Seen(to: to, from: from, keys: to + from, crossed: crossed)
    }

    @Test("the planned shares are no reason to doubt, and shares far from them are")
    func mismatch() throws {
        #expect(check(5, seen(50, 950)).doubt == nil)
        #expect(check(5, seen(62, 938)).doubt == nil)
        let doubt = try #require(check(5, seen(120, 880)).doubt)
        #expect(doubt.contains("120 of 1,000 targeting keys") && doubt.contains("5% are planned"), "\(doubt)")
        // Everybody has it: there is nothing to be shared.
        #expect(check(100, seen(1000, 0)).doubt == nil)
        #expect(check(5).doubt == nil)
    }

    @Test("what several processes have seen of the same keys is no more evidence than that of one")
    func several() {
        let one = check(5, seen(70, 930))
        let five = check(5, seen(70, 930), seen(70, 930), seen(70, 930), seen(70, 930), seen(70, 930))
        #expect(abs(one.log - five.log) < 1e-9)
    }

    @Test("keys with both variants are a reason, unless they are few")
    func crossed() throws {
        #expect(check(50, seen(500, 500, crossed: 9)).doubt == nil)
        let doubt = try #require(check(50, seen(500, 500, crossed: 30)).doubt)
        #expect(doubt.contains("30 of 1,000"), "\(doubt)")
    }

    @Test("false alarms are as rare as promised, looked at after every key")
    func falseAlarms() {
        var alarms = 0
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var (to, from) = (0.0, 0.0)
            for key in 0..<400 {
                if Double.random(in: 0..<1, using: &generator) < 0.05 { to += 1 } else { from += 1 }
                guard key % 10 == 9, check(5, seen(to, from)).doubt != nil else { continue }
                alarms += 1
                break
            }
        }
        #expect(alarms <= 8, "\(alarms) of 2000")
    }
}
