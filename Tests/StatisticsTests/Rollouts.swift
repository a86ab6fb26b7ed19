import Statistics
import TestChance
import Testing

/// Whole rollouts, from seeds: how often a good change is accused, and how soon a bad one.
@Suite struct Rollouts {
    /// Ticks until ln E reaches `threshold`; nil if it never does.
    private func ticks(
        _ lots: inout Lots, ratio: Double, margin: RateMargin, shares: (Double, Double), base: Double, length: Int,
        threshold: Double, direction: CountEvidence.Direction = .worse, onset: Int = 0
    ) -> Int? {
        var evidence = CountEvidence(margin: margin, direction: direction)
        var mass = OnsetShares(plannedTicks: length, waves: 1)
        for tick in 0..<length {
            // The base rate moves for both cohorts alike, and the canary's share grows.
            let rate = base * (tick % 40 < 8 ? 6 : 1)
            let canary = shares.0 * (tick > length / 2 ? 3 : 1)
            let worse = tick >= onset ? ratio : 1
            evidence.observe(
                CohortCounts(
                    canaryEvents: lots.poisson(canary * rate * worse), canaryExposure: canary,
                    baselineEvents: lots.poisson(shares.1 * rate), baselineExposure: shares.1), onset: mass.next())
            if evidence.log >= threshold { return tick + 1 }
        }
        return nil
    }

    @Test("a change exactly at the margin is accused in at most 5 % of rollouts, looked at in every tick of incidents")
    func healthy() {
        var lots = Lots(seed: 11)
        var accused = 0
        for _ in 0..<600 {
            let found = ticks(
                &lots, ratio: 1.25, margin: RateMargin(relative: 1.25), shares: (100, 900), base: 0.02, length: 80,
                threshold: 3)
            if found != nil { accused += 1 }
        }
        // ln 1/0.05 = 3: 30 of 600, and four standard errors.
        #expect(accused <= 51)
    }

    @Test("five times the errors: found within half a minute at 20 requests a second")
    func regression() throws {
        var lots = Lots(seed: 12)
        let found = (0..<101).compactMap { _ in
            ticks(
                &lots, ratio: 5, margin: RateMargin(relative: 1.25), shares: (100, 900), base: 0.005, length: 400,
                threshold: 5.52)
        }
        #expect(found.count == 101)
        // A tick is 5 s here.
        #expect(found.sorted()[50] <= 6)
    }

    @Test("a regression that begins late is found, too")
    func late() {
        var lots = Lots(seed: 13)
        let found = (0..<51).compactMap { _ in
            ticks(
                &lots, ratio: 10, margin: RateMargin(relative: 1.25), shares: (100, 900), base: 0.005, length: 400,
                threshold: 5.52, onset: 240)
        }
        #expect(found.count == 51)
        #expect(found.sorted()[25] <= 252)
    }

    @Test("a good change is proven not to be twice as bad")
    func proven() {
        var lots = Lots(seed: 14)
        let found = (0..<51).compactMap { _ in
            ticks(
                &lots, ratio: 1, margin: RateMargin(relative: 2), shares: (100, 900), base: 0.005, length: 400,
                threshold: 3, direction: .better)
        }
        #expect(found.count == 51)
        #expect(found.sorted()[25] <= 60)
    }

    @Test("a doubling inside an absolute margin is no regression")
    func absoluteMargin() {
        var lots = Lots(seed: 15)
        let found = (0..<100).compactMap { _ in
            ticks(
                &lots, ratio: 2, margin: RateMargin(relative: 1, absolute: 0.006), shares: (100, 900), base: 0.001,
                length: 300, threshold: 3)
        }
        #expect(found.count <= 5)
    }

    @Test("slower latencies are found, equal and faster ones are not")
    func latencies() {
        var lots = Lots(seed: 16)
        func run(_ shift: Double) -> Double {
            var evidence = HistogramEvidence()
            var mass = OnsetShares(plannedTicks: 60, waves: 1)
            for _ in 0..<60 {
                var histograms = [Array(repeating: 0.0, count: 48), Array(repeating: 0.0, count: 48)]
                for (cohort, size) in [(0, 60), (1, 240)] {
                    for _ in 0..<size {
                        let value = 24 + 3 * lots.normal() + (cohort == 0 ? shift : 0)
                        histograms[cohort][min(47, max(0, Int(value)))] += 1
                    }
                }
                evidence.observe(canary: histograms[0], baseline: histograms[1], onset: mass.next())
            }
            return evidence.mixture.peak
        }
        #expect(run(1) > 6)
        #expect((0..<60).count { _ in run(0) > 3 } <= 9)
        #expect(run(-1) < 1)
    }

    @Test("the expected delay: the planning formula's value, and nothing where nothing can be found")
    func expectedDelay() {
        let evidence = CountEvidence(margin: RateMargin(relative: 1.25))
        let traffic = ExpectedDelay.Traffic(canary: 20, baseline: 380, rate: 0.005)
        // 5.5215 is ln 1/(0.01 · 0.4).
        let needed = 5.521_460_917_862_246 + ExpectedDelay.mixtureCost(evidence)
        let double = ExpectedDelay.seconds(evidence, traffic: traffic, ratio: 2, needed: needed)
        #expect(abs(double - 502.2309610417604) < 1e-6)
        #expect(ExpectedDelay.seconds(evidence, traffic: traffic, ratio: 1.2, needed: needed) == .infinity)
        #expect(ExpectedDelay.seconds(evidence, traffic: traffic, ratio: 2, needed: -1) == 0)
        let wider = CountEvidence(margin: RateMargin(relative: 1.25, absolute: 0.01))
        #expect(ExpectedDelay.seconds(wider, traffic: traffic, ratio: 2, needed: needed) == .infinity)
    }
}
