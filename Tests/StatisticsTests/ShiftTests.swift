import Foundation
import Statistics
import TestChance
import Testing

/// A wandering difference: evidence against it only where it is beyond its margin.
@Suite struct ShiftTests {
    /// Values of a difference that wanders: the mean, an Ornstein and Uhlenbeck process, and noise.
    private func observe(
        _ evidence: inout ShiftEvidence, mean: Double, wander: Double, noise: Double, ticks: Int, lots: inout Lots
    ) {
        var level = wander * lots.normal()
        let kept = exp(-10.0 / 200)
        for tick in 0..<ticks {
            evidence.observe(
                mean + level + noise * lots.normal(), variance: noise * noise, wander: wander, elapsed: 10,
                onset: tick == 0 ? 0.9 : 0.0005)
            level = kept * level + (1 - kept * kept).squareRoot() * wander * lots.normal()
        }
    }

    @Test("at the margin the expectation is 1, inside less, for both directions", arguments: [0.0, 0.02])
    func isFair(wander: Double) {
        var lots = Lots(seed: 5)
        for (direction, mean, most) in [
            (ShiftEvidence.Direction.worse, 0.05, 1.08), (.worse, 0.0, 1.0), (.better, 0.05, 1.08), (.better, 0.1, 1.0),
        ] {
            var sum = 0.0
            let runs = 4000
            for _ in 0..<runs {
                var evidence = ShiftEvidence(margin: 0.05, direction: direction)
                observe(&evidence, mean: mean, wander: wander, noise: 0.04, ticks: 6, lots: &lots)
                sum += exp(evidence.log)
            }
            #expect(sum / Double(runs) <= most, "\(direction) at \(mean): \(sum / Double(runs))")
        }
    }

    @Test("what lies beyond the margin is found, what wanders within is not")
    func finds() {
        var lots = Lots(seed: 11)
        var found = 0
        var falseAlarms = 0
        for _ in 0..<200 {
            var bad = ShiftEvidence(margin: 0.05)
            observe(&bad, mean: 0.2, wander: 0.02, noise: 0.04, ticks: 12, lots: &lots)
            if bad.mixture.peak > 6 { found += 1 }
            var good = ShiftEvidence(margin: 0.05)
            observe(&good, mean: 0, wander: 0.02, noise: 0.04, ticks: 300, lots: &lots)
            if good.mixture.peak > 4.6 { falseAlarms += 1 }
        }
        #expect(found >= 195)
        #expect(falseAlarms <= 2)
    }

    @Test("values that are none leave the evidence as it is; a restart continues it to the last bit")
    func survives() throws {
        var lots = Lots(seed: 2)
        var evidence = ShiftEvidence(margin: 0.05)
        observe(&evidence, mean: 0.1, wander: 0.01, noise: 0.05, ticks: 20, lots: &lots)
        let before = evidence
        evidence.observe(.nan, variance: 1, wander: 0, elapsed: 10, onset: 0.1)
        evidence.observe(1, variance: 0, wander: 0, elapsed: 10, onset: 0.1)
        evidence.observe(1, variance: .infinity, wander: 0, elapsed: 10, onset: 0.1)
        #expect(evidence == before)
        var other = ShiftEvidence(margin: 0.05)
        try other.restore(evidence.state)
        for _ in 0..<5 {
            let value = 0.1 * lots.normal()
            evidence.observe(value, variance: 0.002, wander: 0.01, elapsed: 5, onset: 0.001)
            other.observe(value, variance: 0.002, wander: 0.01, elapsed: 5, onset: 0.001)
            #expect(evidence == other)
        }
        #expect(evidence.state.count < 150)
        #expect(throws: StateError.otherConfiguration) {
            var wider = ShiftEvidence(margin: 0.1)
            try wider.restore(evidence.state)
        }
    }
}
