import Statistics
import Testing

@Suite(.enabled(if: Vectors.folder != nil)) struct IntervalVectors {
    @Test("boundaries that hold at all times")
    func boundaries() throws {
        for vector in try Vectors.cases("confseq") {
            let name = try vector.text("fn")
            if name == "bernoulli_confidence_interval" {
                let found = ShareInterval.trials(
                    successes: try vector.number("num_successes"), of: try vector.number("num_trials"),
                    chance: try vector.number("alpha"), tightestAt: try vector.number("t_opt"),
                    tightestChance: try vector.number("alpha_opt"))
                #expect(agree(found, try vector.pair("out"), relative: 1e-9), "\(vector.fields)")
                continue
            }
            let found = try bound(vector, name)
            #expect(
                agree(found, try vector.number("out"), relative: 1e-8, absolute: 1e-9), "\(found) \(vector.fields)")
        }
    }

    private func bound(_ vector: Case, _ name: String) throws -> Double {
        let number = { (field: String) in try vector.number(field) }
        if let mixture = try mixture(vector, name) {
            return name.hasSuffix("log_mixture")
                ? mixture.log(sum: try number("s"), time: try number("v"))
                : mixture.bound(time: try number("v"), chance: try number("alpha"))
        }
        switch name {
        case "poly_stitching_bound":
            return Stitching.polynomial(
                time: try number("v"), chance: try number("alpha"), start: try number("v_min"), scale: try number("c"),
                exponent: try number("s"), ratio: try number("eta"))
        case "empirical_process_lil_bound":
            return Stitching.distribution(
                count: try number("t"), chance: try number("alpha"), start: try number("t_min"), factor: try number("A")
            )
        case "double_stitching_bound":
            return Stitching.quantiles(
                quantile: try number("quantile_p"), count: try number("t"), chance: try number("alpha"),
                start: try number("t_opt"))
        default:
            try #require(name == "quantile_ab_p_value")
            return QuantileComparison(
                quantile: try number("quantile_p"), tightestAt: try number("t_opt"),
                tightestChance: try number("alpha_opt")
            ).p(try vector.numbers("a"), try vector.numbers("b"))
        }
    }

    private func mixture(_ vector: Case, _ name: String) throws -> (any MixtureBoundary)? {
        guard vector.has("v_opt") else { return nil }
        let (time, chance) = (try vector.number("v_opt"), try vector.number("alpha_opt"))
        if name.hasPrefix("normal") {
            return NormalMixture(tightestAt: time, tightestChance: chance, isOneSided: try vector.flag("is_one_sided"))
        }
        if name.hasPrefix("gamma_exponential") {
            return GammaExponentialMixture(tightestAt: time, tightestChance: chance, scale: try vector.number("c"))
        }
        if name.hasPrefix("gamma_poisson") {
            return GammaPoissonMixture(tightestAt: time, tightestChance: chance, scale: try vector.number("c"))
        }
        return BetaBinomialMixture(
            tightestAt: time, tightestChance: chance, below: try vector.number("g"), above: try vector.number("h"),
            isOneSided: try vector.flag("is_one_sided"))
    }

    @Test("means of bounded values")
    func bounded() throws {
        for vector in try Vectors.cases("confseq_bounded") {
            let (values, chance) = (try vector.numbers("x"), try vector.number("alpha"))
            var hoeffding = BoundedMean(method: .hoeffding, chance: chance)
            var bernstein = BoundedMean(method: .empiricalBernstein, chance: chance)
            var mixed = MixedBoundedMean()
            var bets = [0.2, 0.3, 0.4].map { Bet(mean: $0) }
            for (index, value) in values.enumerated() {
                let at = { (name: String) in try vector.numbers(name)[index] }
                let pair = { (name: String) in (first: try at("\(name)l"), second: try at("\(name)u")) }
                hoeffding.add(value)
                bernstein.add(value)
                mixed.add(value)
                #expect(agree(hoeffding.bounds, try pair("predmix_hoeffding_cs_")), "predmix hoeffding \(index)")
                #expect(agree(bernstein.bounds, try pair("predmix_empbern_cs_")), "predmix bernstein \(index)")
                #expect(
                    agree(mixed.hoeffding(chance: chance, tightestAt: 50), try pair("conjmix_hoeffding_")),
                    "mixed hoeffding \(index)")
                // These vectors halve the chance twice.
                #expect(
                    agree(mixed.empiricalBernstein(chance: chance / 2, tightestAt: 5), try pair("conjmix_empbern_")),
                    "mixed bernstein \(index)")
                for place in bets.indices {
                    bets[place].add(value)
                    let name = "betting_mart_m\(bets[place].mean)"
                    #expect(agree(bets[place].wealth, try at(name), relative: 1e-9), "\(name) \(index)")
                }
                guard index % 10 == 9 else { continue }
                let found = Bet.bounds(values[...index], chance: chance)
                #expect(agree(found, try pair("betting_cs_"), absolute: 1e-12), "betting \(index)")
            }
        }
    }
}
