import Statistics
import Testing

@Suite(.enabled(if: Vectors.folder != nil)) struct EvidenceVectors {
    @Test("evidence from counts and against an objective, after every tick")
    func counts() throws {
        for vector in try Vectors.cases("eprocess_counts") {
            let cap = try vector.number("cap")
            let phi = try vector.number("phi")
            var ratio = CountEvidence(margin: RateMargin(relative: try vector.number("theta0")), cap: cap)
            var slo = ObjectiveEvidence(objective: try vector.number("slo_p0"), cap: cap)
            var shares = OnsetShares(
                plannedTicks: Int(try vector.number("planned_ticks")), waves: Int(try vector.number("n_waves")))
            let starts = Set(try vector.numbers("wave_start_ticks").map { Int($0) })
            let (xc, nc) = (try vector.numbers("x_c"), try vector.numbers("n_c"))
            let (xb, nb) = (try vector.numbers("x_b"), try vector.numbers("n_b"))
            let (gamma, expected) = (try vector.numbers("gamma"), try vector.numbers("log_E_ratio"))
            let expectedSLO = try vector.numbers("log_E_slo")
            for tick in xc.indices {
                let share = shares.next(startsWave: starts.contains(tick))
                #expect(agree(share, gamma[tick], relative: 1e-12))
                ratio.observe(
                    CohortCounts(
                        canaryEvents: xc[tick], canaryExposure: nc[tick], baselineEvents: xb[tick],
                        baselineExposure: nb[tick]), onset: share, dispersion: phi)
                slo.observe(bad: xc[tick], of: nc[tick], onset: share, dispersion: phi)
                #expect(agree(ratio.log, expected[tick], relative: 1e-10, absolute: 1e-12), "tick \(tick)")
                #expect(agree(slo.log, expectedSLO[tick], relative: 1e-10, absolute: 1e-12), "objective, tick \(tick)")
            }
        }
    }

    @Test("evidence from histograms, after every tick")
    func histograms() throws {
        for vector in try Vectors.cases("eprocess_histogram") {
            let ticks = try vector.list("ticks")
            var evidence = HistogramEvidence()
            var shares = OnsetShares(plannedTicks: ticks.count, waves: 1)
            for tick in ticks {
                evidence.observe(
                    canary: try tick.numbers("h_c"), baseline: try tick.numbers("h_b"), onset: shares.next())
                #expect(agree(evidence.log, try tick.number("log_E"), relative: 1e-10, absolute: 1e-12))
            }
        }
    }

    @Test("evidence from gauges")
    func gauges() throws {
        for vector in try Vectors.cases("evalue_t") {
            let found = try #require(
                GaugeEvidence.pooledT(canary: try vector.numbers("y_c"), baseline: try vector.numbers("y_b")))
            #expect(agree(found.t, try vector.number("t"), relative: 1e-12))
            #expect(found.degrees == (try vector.number("nu")))
            #expect(agree(found.size, try vector.number("neff"), relative: 1e-12))
            let both = GaugeEvidence.logTwoSided(t: found.t, degrees: found.degrees, size: found.size)
            #expect(agree(both, try Self.log(vector.number("e_two_sided_g1")), absolute: 1e-11))
            let one = GaugeEvidence.logOneSided(t: found.t, degrees: found.degrees, size: found.size)
            #expect(agree(one, try Self.log(vector.number("e_one_sided")), relative: 1e-9, absolute: 1e-9))
        }
    }

    @Test("sample ratio: χ² and evidence")
    func sampleRatio() throws {
        for vector in try Vectors.cases("srm") {
            let (counts, weights) = (try vector.numbers("counts"), try vector.numbers("weights"))
            let found = try #require(SampleRatio(counts: counts, shares: weights))
            #expect(agree(found.statistic, try vector.number("chi2"), relative: 1e-9, absolute: 1e-10))
            #expect(agree(found.p, try vector.number("p"), relative: 1e-8))
            #expect(found.degrees == (try vector.number("df")))
            let flat = ShareEvidence(shares: weights).log(counts)
            #expect(agree(flat, try vector.number("seq_log_evalue"), relative: 1e-8, absolute: 1e-8))
            let strong = ShareEvidence(shares: weights, concentration: 100).log(counts)
            #expect(agree(strong, try vector.number("seq_log_evalue_a100"), relative: 1e-8, absolute: 1e-8))
        }
    }

    @Test("multiplicity of p-values and of evidence")
    func multiplicity() throws {
        for vector in try Vectors.cases("multiplicity") {
            let p = try vector.numbers("p")
            let methods: [(String, ([Double]) -> [Double])] = [
                ("bonferroni", MultipleComparisons.bonferroni), ("holm", MultipleComparisons.holm),
                ("hochberg", MultipleComparisons.hochberg), ("bh", MultipleComparisons.benjaminiHochberg),
                ("by", MultipleComparisons.benjaminiYekutieli),
            ]
            for (name, method) in methods {
                for (found, expected) in zip(method(p), try vector.numbers("\(name)_adjusted")) {
                    #expect(agree(found, expected, relative: 1e-12), "\(name)")
                }
            }
            let logs = try vector.numbers("e").map(Self.log)
            let weights = logs.map { _ in 1 / Double(logs.count) }
            let mean = Merging.mean(logs, weights: weights)
            #expect(agree(mean, Self.log(try vector.number("mean_evalue")), absolute: 1e-12))
            for (index, expected) in try vector.numbers("closed_evalues").enumerated() {
                let found = Merging.closed(logs, weights: weights, index: index)
                #expect(agree(found, Self.log(expected), absolute: 1e-12))
            }
            let rejected = Merging.falseDiscoveries(logs, rate: try vector.number("alpha"))
            #expect(rejected.map(Double.init) == (try vector.numbers("ebh_reject_indices")))
        }
    }

    private static func log(_ value: Double) -> Double { _log(value) }
}
