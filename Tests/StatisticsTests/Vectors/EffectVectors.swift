import Statistics
import Testing

@Suite(.enabled(if: Vectors.folder != nil)) struct EffectVectors {
    @Test(
        "effects of experiments: fixed, sequential, one-sided, Bayesian; absolute and relative",
        arguments: [
            "gbstats_mean", "gbstats_proportion", "gbstats_quantile", "cuped_gbstats", "cuped_proportion_gbstats",
            "delta_ratio_gbstats",
        ])
    func effects(_ file: String) throws {
        for vector in try Vectors.cases(file) {
            let (control, treatment) = try arms(vector)
            let derived = try vector.inner("derived")
            #expect(agree(control.mean, try derived.number("mean_a")), "\(file)")
            #expect(agree(treatment.variance, try derived.number("variance_b"), relative: 1e-8), "\(file)")
            for output in try vector.list("outputs") {
                let scale: Effect.Scale = try output.text("difference_type") == "relative" ? .relative : .absolute
                let effect = try #require(Effect(control: control, treatment: treatment, scale: scale))
                #expect(agree(effect.degrees, try derived.number("dof"), relative: 1e-8), "\(file)")
                try check(effect, output, controlMean: control.unadjustedMean, file)
            }
        }
    }

    private func check(_ effect: Effect, _ output: Case, controlMean: Double, _ file: String) throws {
        let test = try output.text("test")
        switch test {
        case "two_sided_t":
            #expect(
                agree(effect.pTwoSided, try output.number("p_value"), relative: 1e-8, absolute: 1e-15),
                "\(file) \(test)")
            #expect(agree(effect.interval(chance: 0.05), try output.pair("ci"), relative: 1e-8), "\(file) \(test)")
        case "sequential_t":
            let planned = try output.number("sequential_tuning_parameter")
            #expect(
                agree(effect.sequentialP(chance: 0.05, planned: planned), try output.number("p_value"), relative: 1e-7),
                "\(file) \(test)")
            #expect(
                agree(effect.sequentialInterval(chance: 0.05, planned: planned), try output.pair("ci"), relative: 1e-8),
                "\(file) \(test)")
        case "one_sided_greater":
            #expect(
                agree(effect.pGreater, try output.number("p_value"), relative: 1e-8, absolute: 1e-15), "\(file) \(test)"
            )
            #expect(
                agree(effect.lowerBound(chance: 0.05), try output.pair("ci").first, relative: 1e-8, absolute: 1e-9),
                "\(file) \(test)")
        case "one_sided_less":
            #expect(
                agree(effect.pLess, try output.number("p_value"), relative: 1e-8, absolute: 1e-15), "\(file) \(test)")
        default:
            let prior: (mean: Double, deviation: Double)? = try output.text("prior") == "flat" ? nil : (0, 0.1)
            let posterior = Posterior(effect: effect, prior: prior, controlMean: controlMean)
            let uplift = try output.inner("uplift")
            #expect(
                agree(posterior.mean, try uplift.number("mean"), relative: 1e-8, absolute: 1e-14), "\(file) \(test)")
            #expect(agree(posterior.deviation, try uplift.number("stddev"), relative: 1e-8), "\(file) \(test)")
            #expect(agree(posterior.chanceToWin, try output.number("chance_to_win"), relative: 1e-8), "\(file) \(test)")
            #expect(agree(posterior.interval(chance: 0.05), try output.pair("ci"), relative: 1e-8), "\(file) \(test)")
            let risk = posterior.risk
            #expect(agree((risk.control, risk.treatment), try output.pair("risk"), relative: 1e-8), "\(file) \(test)")
        }
    }

    private func arms(_ vector: Case) throws -> (Arm, Arm) {
        let (a, b) = (try vector.inner("stat_a"), try vector.inner("stat_b"))
        switch try a.text("type") {
        case "RegressionAdjustedStatistic":
            let (first, second) = (try paired(a, "post", "pre", "post_pre"), try paired(b, "post", "pre", "post_pre"))
            let isShare = try !a.inner("post_statistic").has("sum_squares")
            let slope = Adjustment.slope(first, second, ofShares: isShare)
            return (
                Adjustment.arm(first, slope: slope, ofShares: isShare),
                Adjustment.arm(second, slope: slope, ofShares: isShare)
            )
        case "RatioStatistic": return (try paired(a, "m", "d", "m_d").ratio, try paired(b, "m", "d", "m_d").ratio)
        case "ProportionStatistic":
            return (
                Arm(successes: try a.number("sum"), of: try a.number("n")),
                Arm(successes: try b.number("sum"), of: try b.number("n"))
            )
        case "QuantileStatistic": return (try quantile(a), try quantile(b))
        default: return (try mean(a), try mean(b))
        }
    }

    private func mean(_ side: Case) throws -> Arm {
        Arm(
            count: try side.number("n"), sum: try side.number("sum"), sumOfSquares: try side.number("sum_squares"))
    }

    private func quantile(_ side: Case) throws -> Arm {
        Arm(
            count: try side.number("n"), quantile: try side.number("quantile_hat"),
            lower: try side.number("quantile_lower"), upper: try side.number("quantile_upper"))
    }

    private func paired(_ side: Case, _ first: String, _ second: String, _ both: String) throws -> PairedSums {
        let (one, other) = (try side.inner("\(first)_statistic"), try side.inner("\(second)_statistic"))
        let squares = { (part: Case) in try part.number(part.has("sum_squares") ? "sum_squares" : "sum") }
        return PairedSums(
            count: try side.number("n"), first: try one.number("sum"), firstSquares: try squares(one),
            second: try other.number("sum"), secondSquares: try squares(other),
            products: try side.number("\(both)_sum_of_products"))
    }
}
