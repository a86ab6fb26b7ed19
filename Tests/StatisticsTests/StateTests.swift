import Statistics
import Testing

/// Evidence outlives restarts, and nothing that comes in can spoil it.
@Suite struct StateTests {
    private func counts(_ tick: Int) -> CohortCounts {
        CohortCounts(
            canaryEvents: Double(tick * 7 % 5), canaryExposure: 90 + Double(tick % 11),
            baselineEvents: Double(tick * 3 % 7), baselineExposure: 800)
    }

    /// Runs a value on, once through and once with a restart after every tick: the same bytes at every tick.
    private func restarts<State: EvidenceState>(_ fresh: State, limit: Int, step: (inout State, Int) -> Void) throws {
        var (through, restarted) = (fresh, fresh)
        for tick in 0..<50 {
            step(&through, tick)
            let state = restarted.state
            #expect(state.count <= limit)
            restarted = fresh
            try restarted.restore(state)
            step(&restarted, tick)
            #expect(restarted.state == through.state, "tick \(tick)")
        }
    }

    @Test("a restart after every tick continues the same evidence to the last bit, in a few hundred bytes")
    func roundTrips() throws {
        try restarts(CountEvidence(margin: RateMargin(relative: 1.25, absolute: 1e-4)), limit: 200) {
            $0.observe(counts($1), onset: 0.01, dispersion: 1.3, relative: 1.4)
        }
        try restarts(ObjectiveEvidence(objective: 0.01), limit: 200) {
            $0.observe(bad: Double($1 % 3), of: 100, onset: 0.01)
        }
        try restarts(HistogramEvidence(), limit: 200) {
            $0.observe(canary: [1, 2, Double($1 % 4)], baseline: [9, 7, 5], onset: 0.01)
        }
        try restarts(OnsetShares(plannedTicks: 20, waves: 3), limit: 50) { _ = $0.next(startsWave: $1 == 9) }
        try restarts(Dispersion(), limit: 50) {
            var hosts = Scatter()
            hosts.add(events: 1, exposure: 10)
            hosts.add(events: Double($1 % 5), exposure: 12)
            $0.observe(hosts)
        }
        try restarts(RatioInterval(), limit: 400) { $0.observe(counts($1)) }
        try restarts(FalseRollbackBudget(chance: 0.01, weights: [2, 1]), limit: 50) {
            $0.observe([Double($1) / 9, nil])
        }
    }

    @Test("bytes of something else are refused, and leave the evidence as it was")
    func refusals() throws {
        var evidence = CountEvidence(margin: RateMargin(relative: 1.25))
        evidence.observe(counts(3), onset: 0.5)
        let before = evidence
        let state = evidence.state
        func refusal(_ bytes: [UInt8]) -> StateError? {
            do throws(StateError) {
                try evidence.restore(bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal([]) == .wrongLength)
        #expect(refusal([9] + state.dropFirst()) == .otherVersion)
        #expect(refusal(HistogramEvidence().state) == .otherKind)
        #expect(refusal(CountEvidence(margin: RateMargin(relative: 1.3)).state) == .otherConfiguration)
        #expect(refusal(state + [0]) == .wrongLength)
        for length in state.indices { #expect(refusal(Array(state[..<length])) != nil) }
        var broken = state
        for place in broken.count - 8..<broken.count { broken[place] = 0xff }
        #expect(refusal(broken) == .notANumber)
        #expect(evidence == before)
    }

    @Test("data that cannot be leave the evidence undecided")
    func nonsense() {
        var evidence = CountEvidence(margin: RateMargin(relative: 1.25))
        for bad in [Double.nan, .infinity, -1] {
            for place in 0..<4 {
                var numbers = [3.0, 100, 2, 100]
                numbers[place] = bad
                evidence.observe(
                    CohortCounts(
                        canaryEvents: numbers[0], canaryExposure: numbers[1], baselineEvents: numbers[2],
                        baselineExposure: numbers[3]), onset: 0.01)
            }
        }
        #expect(abs(evidence.log) < 1e-12)
        var histogram = HistogramEvidence()
        histogram.observe(canary: [1, 2], baseline: [1, 2, 3], onset: 0.1)
        histogram.observe(canary: [.nan, 2], baseline: [1, 2], onset: 0.1)
        histogram.observe(canary: [0, 0], baseline: [1, 2], onset: 0.1)
        #expect(abs(histogram.log) < 1e-12)
        var objective = ObjectiveEvidence(objective: 0.01)
        objective.observe(bad: 5, of: 3, onset: 0.1)
        objective.observe(bad: .nan, of: 3, onset: 0.1)
        #expect(abs(objective.log) < 1e-12)
        #expect(ShareEvidence(shares: [1, 1]).log([.nan, 1]) == 0)
        #expect(GaugeEvidence.logTwoSided(t: .nan, degrees: 5, size: 1) == 0)
        #expect(GaugeEvidence.logPermutation(canary: [1], baseline: []) == 0)
    }

    @Test("evidence for ever does not overflow, and more stakes than there are are not given out")
    func limits() {
        var evidence = CountEvidence(margin: RateMargin(relative: 1))
        var shares = OnsetShares(plannedTicks: 10, waves: 3)
        for tick in 0..<5000 {
            evidence.observe(
                CohortCounts(canaryEvents: 50, canaryExposure: 100, baselineEvents: 1, baselineExposure: 100),
                onset: shares.next(startsWave: tick % 100 == 7))
        }
        #expect(evidence.log > 600 && evidence.log < 700)
        #expect(shares.spent <= 1)
        evidence.observe(counts(1), onset: 1)
        #expect(evidence.mixture.spent <= 1)
    }

    @Test("a budget: any check may reach it alone at its share; missing evidence says nothing")
    func budget() {
        var budget = FalseRollbackBudget(chance: 0.01, weights: [0.4, 0.2, 0.4])
        #expect(abs(budget.threshold(ofCheck: 0) - 5.5215) < 1e-3)
        budget.observe([nil, nil, nil])
        #expect(abs(budget.log) < 1e-12)
        budget.observe([5.4, -30, -30])
        #expect(!budget.isReached)
        budget.observe([5.6, -30, nil])
        #expect(budget.isReached)
        #expect(budget.spent == 1)
        budget.observe([-50, -50, -50])
        #expect(budget.isReached)
        #expect(budget.log < -20)
    }
}
