import HalcyonTesting
import Series
import Specs
import Testing
import Values
import Verdicts

/// The generator of Vigna's SplitMix64: the same numbers on every machine.
private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Many simulated rollouts")
struct SimulationTests {
    /// One host of twelve is the canary; every host gets ten requests a tick; judged at every tick.
    ///
    /// - Returns: how many requests the canary had when the check failed; `nil` when it never did.
    private func run(
        canaryRatio: Double, baselineRatio: Double, ticks: Int, seed: UInt64
    ) -> Double? {
        var random = Random(state: seed)
        var counts: [(total: Double, bad: Double)] = [(total: 0, bad: 0), (total: 0, bad: 0)]
        for tick in 1...ticks {
            for (cohort, ratio, requests) in [(0, canaryRatio, 10), (1, baselineRatio, 110)] {
                counts[cohort].total += Double(requests)
                for _ in 0..<requests where Double.random(in: 0..<1, using: &random) < ratio {
                    counts[cohort].bad += 1
                }
            }
            let reading = judge(
                RatioTests.check, RatioTests.comparison(now: Int64(tick * 5), baseline: ["b1"]),
                falseRollbacks: Percentage(1), checks: 1, data: fleet(counts, now: Int64(tick * 5)))
            if reading.verdict == .fail { return counts[0].total }
        }
        return nil
    }

    /// Only the first and last samples: those between do not matter to an exact count.
    private func fleet(_ counts: [(total: Double, bad: Double)], now: Int64) -> Fleet {
        var fleet = Fleet()
        for (host, version, count) in [("c1", "2", counts[0]), ("b1", "1", counts[1])] {
            for (code, value) in [("200", count.total - count.bad), ("500", count.bad)] {
                fleet.series.append(
                    SeriesSamples(
                        labels: fleet.labels("requests_total", host, version, ["code": code]), startedAt: at(1),
                        samples: [Sample(at: at(now), value: value)]))
            }
            fleet.addUp(host, version, [now])
        }
        return fleet
    }

    @Test("a good change fails no more often than allowed, looked at two hundred times", arguments: [0.0, 0.005, 0.2])
    func healthy(ratio: Double) {
        let failed = (0..<40).count {
            run(canaryRatio: ratio, baselineRatio: ratio, ticks: 200, seed: UInt64($0)) != nil
        }
        #expect(failed == 0)
    }

    @Test("five percent of errors against half a percent are found within a few hundred requests")
    func regression() {
        let found = (0..<40).compactMap { run(canaryRatio: 0.05, baselineRatio: 0.005, ticks: 200, seed: UInt64($0)) }
        #expect(found.count == 40)
        let median = found.sorted()[20]
        #expect(median <= 400, "median \(median)")
    }

    @Test("a crash is found within some tens of requests")
    func crash() {
        let found = (0..<40).compactMap { run(canaryRatio: 0.9, baselineRatio: 0.005, ticks: 200, seed: UInt64($0)) }
        #expect(found.count == 40)
        #expect(found.max() ?? .infinity <= 40)
    }
}
