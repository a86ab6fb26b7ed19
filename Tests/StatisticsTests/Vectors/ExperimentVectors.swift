import Statistics
import Testing

@Suite(.enabled(if: Vectors.folder != nil)) struct ExperimentVectors {
    @Test("Welch's t")
    func welch() throws {
        for vector in try Vectors.cases("welch_t") {
            let (x, y) = (Arm(try vector.numbers("x")), Arm(try vector.numbers("y")))
            let effect = try #require(Effect(control: y, treatment: x, scale: .absolute))
            #expect(agree(x.mean, try vector.number("mean_x"), relative: 1e-12))
            #expect(agree(x.variance, try vector.number("var_x"), relative: 1e-11))
            #expect(agree(effect.estimate / effect.standardError, try vector.number("t"), relative: 1e-9))
            #expect(agree(effect.degrees, try vector.number("df"), relative: 1e-11))
            #expect(agree(effect.pTwoSided, try vector.number("p_two_sided"), relative: 1e-8))
            #expect(agree(effect.pGreater, try vector.number("p_greater"), relative: 1e-8))
            #expect(agree(effect.pLess, try vector.number("p_less"), relative: 1e-8))
            #expect(agree(effect.interval(chance: 0.05), try vector.pair("ci95")))
            #expect(agree(effect.interval(chance: 0.01), try vector.pair("ci99")))
        }
    }

    @Test("two proportions")
    func proportions() throws {
        for vector in try Vectors.cases("two_proportion_z") {
            let found = TwoProportions(
                (try vector.number("x1"), try vector.number("n1")), (try vector.number("x2"), try vector.number("n2")))
            #expect(agree(found.z, try vector.number("z_pooled"), absolute: 1e-12))
            #expect(agree(found.pTwoSided, try vector.number("p_two_sided"), relative: 1e-8))
            #expect(agree(found.pGreater, try vector.number("p_greater"), relative: 1e-8))
            #expect(agree(found.pLess, try vector.number("p_less"), relative: 1e-8))
            #expect(agree(found.difference, try vector.number("diff"), absolute: 1e-15))
            #expect(agree(found.standardError, try vector.number("se_unpooled")))
            #expect(agree(found.wald(chance: 0.05), try vector.pair("ci95_wald")))
            #expect(agree(found.agrestiCaffo(chance: 0.05), try vector.pair("ci95_agresti-caffo")))
            #expect(agree(found.newcombe(chance: 0.05), try vector.pair("ci95_newcomb")))
        }
    }

    @Test("Mann and Whitney")
    func mannWhitney() throws {
        for vector in try Vectors.cases("mann_whitney") {
            let found = try #require(MannWhitney(try vector.numbers("x"), try vector.numbers("y")))
            let alternatives: [String: MannWhitney.Alternative] = [
                "two-sided": .twoSided, "greater": .greater, "less": .less,
            ]
            let alternative = try #require(alternatives[try vector.text("alternative")])
            let p =
                try vector.text("method") == "exact"
                ? found.pExact(alternative)
                : found.pAsymptotic(alternative, continuity: try vector.flag("continuity"))
            #expect(agree(found.pairs, try vector.number("U_x")))
            #expect(agree(p, try vector.number("p"), relative: 1e-10), "\(vector.fields["id"]?.number ?? .nan)")
            #expect(agree(found.share, try vector.number("auc_x_gt_y")))
        }
    }

    @Test("adjusted means and ratios, from raw values")
    func raw() throws {
        for vector in try Vectors.cases("cuped_raw") {
            let control = PairedSums(try vector.numbers("y_a"), try vector.numbers("x_a"))
            let treatment = PairedSums(try vector.numbers("y_b"), try vector.numbers("x_b"))
            let slope = Adjustment.slope(control, treatment)
            let centre = (control + treatment).second / (control + treatment).count
            let (first, second) = (
                Adjustment.arm(control, slope: slope, centre: centre),
                Adjustment.arm(treatment, slope: slope, centre: centre)
            )
            let effect = try #require(Effect(control: first, treatment: second, scale: .absolute))
            #expect(agree(slope, try vector.number("theta_pooled")))
            #expect(agree(first.mean, try vector.number("adj_mean_a")))
            #expect(agree(second.mean, try vector.number("adj_mean_b")))
            #expect(agree(first.variance, try vector.number("adj_var_a")))
            #expect(agree(second.variance, try vector.number("adj_var_b")))
            #expect(agree(effect.estimate, try vector.number("diff"), absolute: 1e-11))
            #expect(agree(effect.standardError, try vector.number("se")))
            #expect(
                agree(
                    Posterior(effect: effect, prior: nil, controlMean: 1).interval(chance: 0.05),
                    try vector.pair("ci95")))
        }
        for vector in try Vectors.cases("delta_ratio_raw") {
            let arm = PairedSums(try vector.numbers("num"), try vector.numbers("den")).ratio
            let half = Normal.upperQuantile(0.025) * arm.squaredError.squareRoot()
            #expect(agree(arm.mean, try vector.number("ratio")))
            #expect(agree(arm.squaredError, try vector.number("var_of_ratio"), relative: 1e-8))
            #expect(agree((arm.mean - half, arm.mean + half), try vector.pair("ci95")))
        }
    }

    @Test("sample sizes and power")
    func sampleSize() throws {
        for vector in try Vectors.cases("power") {
            let (chance, power) = (try vector.number("alpha"), try vector.number("power"))
            let (allocation, lift) = (
                try vector.number("allocation_ratio_treat_over_control"), try vector.number("relative_mde")
            )
            let plan = SampleSize.shares(baseline: try vector.number("baseline"), lift: lift)
            let size = SampleSize.control(
                variances: plan.variances, difference: plan.difference, allocation: allocation, chance: chance,
                power: power)
            #expect(agree(size, try vector.number("n_control_unrounded")))
            let deviation = try vector.number("sd")
            let mean = SampleSize.control(
                variances: (deviation * deviation, deviation * deviation),
                difference: try vector.number("mean") * lift, allocation: allocation, chance: chance, power: power)
            #expect(agree(mean, try vector.number("n_control_mean_metric")))
            let reached = SampleSize.power(
                control: size, variances: plan.variances, difference: plan.difference, allocation: allocation,
                chance: chance)
            #expect(agree(reached, try vector.number("power_at_n_control")))
        }
    }

    @Test("group sequential boundaries")
    func groupSequential() throws {
        for vector in try Vectors.cases("group_sequential") {
            let (information, chance) = (try vector.numbers("info"), try vector.number("alpha"))
            for (name, spending) in [("obf", GroupSequential.Spending.obrienFleming), ("pocock", .pocock)] {
                let found = GroupSequential.boundaries(information: information, chance: chance, spending: spending)
                let expected = try vector.numbers("\(name)_lan_demets")
                #expect(found.count == expected.count)
                for (one, other) in zip(found, expected) { #expect(agree(one, other, relative: 1e-8), "\(name)") }
            }
        }
    }
}
