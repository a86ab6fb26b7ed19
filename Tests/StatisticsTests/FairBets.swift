import Foundation
import TestChance
import Testing

@testable import Statistics

/// That evidence is evidence: the expectation of a tick's e-value is at most 1 under the hypothesis, at its very edge too.
@Suite struct FairBets {
    /// A tick's e-value of each alternative alone.
    private func values(_ evidence: CountEvidence, _ counts: CohortCounts) -> [Double] {
        evidence.ratios.map { ratio in
            var alone = CountEvidence(
                margin: evidence.margin, direction: evidence.direction, ratios: [ratio], cap: .infinity)
            alone.observe(counts, onset: 1)
            return exp(alone.log)
        }
    }

    private func poisson(_ mean: Double, upTo last: Int) -> [Double] {
        var terms = [exp(-mean)]
        for count in 1...last { terms.append(terms[count - 1] * mean / Double(count)) }
        return terms
    }

    private func binomial(_ trials: Int, _ chance: Double) -> [Double] {
        (0...trials).map { count in
            let (n, k) = (Double(trials), Double(count))
            let ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
            return exp(ways + k * log(chance) + (n - k) * log1p(-chance))
        }
    }

    /// Σ P(x) P(X) e(x, X) for each alternative.
    private func expectations(
        _ evidence: CountEvidence, exposures: (Double, Double), _ canary: [Double], _ baseline: [Double]
    ) -> [Double] {
        var sums = evidence.ratios.map { _ in 0.0 }
        for (x, chance) in canary.enumerated() {
            for (other, share) in baseline.enumerated() where chance * share > 1e-25 {
                let counts = CohortCounts(
                    canaryEvents: Double(x), canaryExposure: exposures.0, baselineEvents: Double(other),
                    baselineExposure: exposures.1)
                for (index, value) in values(evidence, counts).enumerated() { sums[index] += chance * share * value }
            }
        }
        return sums
    }

    @Test(
        "Poisson counts at the margin: exactly 1 for every alternative, whatever the baseline and the shares",
        arguments: [
            (1.0, 0.0, 10.0, 10.0, 0.3), (1.25, 0.0, 2.0, 30.0, 0.1), (1.0, 0.05, 20.0, 8.0, 0.0),
            (1.5, 0.02, 5.0, 40.0, 0.2), (2.0, 0.1, 30.0, 3.0, 0.05),
        ])
    func poissonAtTheMargin(_ relative: Double, _ absolute: Double, _ n: Double, _ other: Double, _ rate: Double) {
        let ratios = [1.12, 1.6, 2.7, 5]
        let margin = RateMargin(relative: relative, absolute: absolute)
        let canary = poisson(n * (relative * rate + absolute), upTo: 70)
        let baseline = poisson(other * rate, upTo: 60)
        let worse = CountEvidence(margin: margin, ratios: ratios)
        for sum in expectations(worse, exposures: (n, other), canary, baseline) { #expect(abs(sum - 1) < 1e-7) }
        let better = CountEvidence(margin: margin, direction: .better, ratios: [0.8, 0.5, 0.1])
        for sum in expectations(better, exposures: (n, other), canary, baseline) { #expect(abs(sum - 1) < 1e-7) }
    }

    @Test("binomial counts at and inside the margin: at most 1, however high the chance and however unequal the shares")
    func binomials() {
        for (n, other, chance, relative, absolute) in [
            (5, 20, 0.1, 1.0, 0.0), (20, 5, 0.4, 1.0, 0.0), (3, 25, 0.6, 1.25, 0.0), (12, 12, 0.05, 1.5, 0.1),
            (10, 30, 0.3, 1.0, 0.2), (25, 4, 0.01, 2.0, 0.0),
        ] {
            let evidence = CountEvidence(
                margin: RateMargin(relative: relative, absolute: absolute), ratios: [1.12, 1.85, 5, 60])
            for part in [1.0, 0.8, 0.3] {
                let canary = binomial(n, min(1 - 1e-12, part * (relative * chance + absolute)))
                let sums = expectations(
                    evidence, exposures: (Double(n), Double(other)), canary, binomial(other, chance))
                for sum in sums { #expect(sum <= 1 + 1e-9) }
            }
        }
    }

    @Test("every alternative lies outside the hypothesis, also when others are asked for")
    func alternatives() {
        let margin = RateMargin(relative: 1.25, absolute: 0.001)
        #expect(CountEvidence(margin: margin).ratios.allSatisfy { $0 > 1 })
        #expect(CountEvidence(margin: margin, direction: .better).ratios.allSatisfy { $0 < 1 })
        #expect(CountEvidence(margin: margin, ratios: [0.5, 1, 2]).ratios == [2])
        #expect(CountEvidence(margin: margin, ratios: [0.5]).ratios == CountEvidence.worseRatios)
        for objective in [1e-5, 0.01, 0.3, 0.9, 0.99] {
            let evidence = ObjectiveEvidence(objective: objective)
            #expect(evidence.chances.allSatisfy { $0 > evidence.objective && $0 < 1 })
        }
    }

    @Test("an objective: exactly 1 at it, at most 1 below, tempered or not")
    func objectives() {
        for (trials, objective) in [(10, 0.3), (40, 0.02), (25, 0.5)] {
            for part in [1.0, 0.6] {
                for dispersion in [1.0, 2.5] {
                    var sum = 0.0
                    for (bad, chance) in binomial(trials, part * objective).enumerated() {
                        var evidence = ObjectiveEvidence(objective: objective, cap: .infinity)
                        evidence.observe(bad: Double(bad), of: Double(trials), onset: 1, dispersion: dispersion)
                        sum += chance * exp(evidence.log)
                    }
                    #expect(sum <= 1 + 1e-9)
                    if part == 1, dispersion == 1 { #expect(abs(sum - 1) < 1e-9) }
                }
            }
        }
    }

    @Test(
        "histograms without a difference: at most 1, by enumeration of every sample, with ties and unequal cohorts",
        arguments: [([3, 2, 4, 1], 3), ([5, 5], 4), ([1, 1, 1, 1, 1, 1], 2), ([6, 0, 2, 3], 8), ([2, 9, 1], 6)])
    func histograms(_ pooled: [Int], _ size: Int) {
        var sums = HistogramEvidence.tilts.map { _ in 0.0 }
        var total = 0.0
        func enumerate(_ bucket: Int, _ left: Int, _ chosen: [Int], _ ways: Double) {
            guard bucket < pooled.count else {
                guard left == 0 else { return }
                let canary = chosen.map(Double.init)
                let baseline = zip(pooled, chosen).map { Double($0 - $1) }
                guard let tick = RankTick(canary: canary, baseline: baseline) else { return }
                total += ways
                for (index, tilt) in HistogramEvidence.tilts.enumerated() {
                    sums[index] += ways * exp(tilt * tick.sum) / pow(tick.moments[index] / tick.all, tick.size)
                }
                return
            }
            var combinations = 1.0
            for count in 0...min(left, pooled[bucket]) {
                enumerate(bucket + 1, left - count, chosen + [count], ways * combinations)
                combinations *= Double(pooled[bucket] - count) / Double(count + 1)
            }
        }
        enumerate(0, size, [], 1)
        for sum in sums { #expect(sum / total <= 1 + 1e-12) }
    }

    @Test("histograms of a faster canary, with ties: at most 1, too", arguments: [0.9, 0.5, 0.1])
    func fasterHistograms(_ odds: Double) {
        let pooled = [4, 3, 5, 2]
        for size in [3, 7, 11] {
            var sums = HistogramEvidence.tilts.map { _ in 0.0 }
            var total = 0.0
            for code in 0..<(5 * 4 * 6 * 3) {
                let chosen = [code % 5, code / 5 % 4, code / 20 % 6, code / 120]
                guard chosen.reduce(0, +) == size else { continue }
                let baseline = zip(pooled, chosen).map { Double($0 - $1) }
                guard let tick = RankTick(canary: chosen.map(Double.init), baseline: baseline) else { continue }
                var chance = 1.0
                for (bucket, count) in chosen.enumerated() {
                    let (n, k) = (Double(pooled[bucket]), Double(count))
                    chance *= exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)) * pow(odds, Double(bucket) * k)
                }
                total += chance
                for (index, tilt) in HistogramEvidence.tilts.enumerated() {
                    sums[index] += chance * exp(tilt * tick.sum) / pow(tick.moments[index] / tick.all, tick.size)
                }
            }
            for sum in sums { #expect(sum / total <= 1 + 1e-12) }
        }
    }

    @Test("a lot over hosts: exactly 1 over all choices, with ties")
    func permutations() {
        let values = [3.0, 1, 4, 1, 5, 9, 2, 6]
        var (sum, count) = (0.0, 0.0)
        for mask in 0..<256 where mask.nonzeroBitCount == 3 {
            let canary = values.indices.filter { mask >> $0 & 1 == 1 }.map { values[$0] }
            let baseline = values.indices.filter { mask >> $0 & 1 == 0 }.map { values[$0] }
            sum += exp(GaugeEvidence.logPermutation(canary: canary, baseline: baseline))
            count += 1
        }
        #expect(abs(sum / count - 1) < 1e-12)
    }

    @Test("t statistics of equal means: 1 in expectation (quadrature over the t density)")
    func gauges() {
        for (degrees, size) in [(3.0, 1.2), (12, 2.5), (40, 8)] {
            let density = StudentT(degrees: degrees)
            let step = 0.05
            var (both, one) = (0.0, 0.0)
            // t = sinh(s) reaches the heavy tails.
            for index in -200...200 {
                let place = Double(index) * step
                let (t, slope) = (sinh(place), cosh(place))
                let mass = exp(density.logDensity(t)) * slope * step
                both += mass * exp(GaugeEvidence.logTwoSided(t: t, degrees: degrees, size: size))
                one += mass * exp(GaugeEvidence.logOneSided(t: t, degrees: degrees, size: size))
            }
            #expect(abs(both - 1) < 1e-3)
            #expect(abs(one - 1) < 1e-3)
        }
    }

    @Test("shares: exactly 1 after any number of arrivals")
    func shares() {
        let evidence = ShareEvidence(shares: [0.2, 0.8], concentration: 5)
        for arrivals in [1, 7, 30] {
            let chances = binomial(arrivals, 0.2)
            let sum = chances.enumerated().reduce(0) { sum, term in
                sum + term.element * exp(evidence.log([Double(term.offset), Double(arrivals - term.offset)]))
            }
            #expect(abs(sum - 1) < 1e-9)
        }
    }

    @Test("the ratio's interval misses at most as often as it may, at any of many looks")
    func intervals() {
        var lots = Lots(seed: 5)
        var misses = 0
        for _ in 0..<400 {
            var interval = RatioInterval()
            var missed = false
            for tick in 0..<60 {
                let rate = 0.5 + Double(tick % 7)
                interval.observe(
                    CohortCounts(
                        canaryEvents: lots.poisson(1.7 * rate), canaryExposure: 1,
                        baselineEvents: lots.poisson(4 * rate), baselineExposure: 4))
                let bounds = interval.bounds(chance: 0.1)
                if bounds.lower > 1.7 || bounds.upper < 1.7 { missed = true }
            }
            if missed { misses += 1 }
        }
        // 10 % of 400 and four standard errors; in practice far fewer.
        #expect(misses <= 64)
    }
}
