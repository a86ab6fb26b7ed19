import Statistics
import Testing

@Suite(.enabled(if: Vectors.folder != nil)) struct ShiftVectors {
    @Test("shifts of samples, their intervals, classes and effect sizes")
    func shifts() throws {
        for vector in try Vectors.cases("kayenta_judge") {
            let (first, second) = (try vector.numbers("experiment"), try vector.numbers("control"))
            let name = try vector.text("test")
            switch try vector.text("kind") {
            case "mannwhitney": try interval(vector, first, second)
            case "classifier":
                #expect(try classified(vector, first, second) == (try vector.text("expected")), "\(name)")
            default:
                let found =
                    name.contains("Cohen")
                    ? EffectSize.cohen(first, second)
                    : name.contains("CLES")
                        ? MannWhitney(first, second)?.share : EffectSize.meanRatio(first, second)
                #expect(agree(try #require(found), try vector.number("expected"), relative: 1e-5), "\(name)")
            }
        }
    }

    /// The originals stop within 1e-4 of the ends.
    private func interval(_ vector: Case, _ first: [Double], _ second: [Double]) throws {
        let found = try #require(ShiftComparison(first, second, chance: 1 - (try vector.number("conf"))))
        let port = try vector.inner("port")
        #expect(agree(found.lower, try port.number("ci_low"), absolute: 1.1e-4))
        #expect(agree(found.upper, try port.number("ci_high"), absolute: 1.1e-4))
        #expect(agree(found.estimate, try port.number("estimate"), absolute: 1.1e-4))
        for value in try vector.list("wilcoxon_diff") {
            let z = ShiftComparison.standardized(first, second, shift: try value.number("mu"))
            let expected = try value.number("port")
            #expect(agree(z - (try value.number("quantile")), expected, relative: 1e-10), "\(z) \(expected)")
        }
    }

    private func classified(_ vector: Case, _ first: [Double], _ second: [Double]) throws -> String {
        let config = try vector.inner("config")
        guard let found = ShiftComparison(first, second, chance: 1 - (try config.number("conf"))) else {
            return "Nodata"
        }
        let direction = try config.text("direction")
        let effect =
            try config.text("measure") == "cles"
            ? MannWhitney(first, second)?.share : EffectSize.meanRatio(first, second)
        let limits = try config.pair("effect")
        switch found.finding(tolerance: try config.number("tolerance")) {
        case .higher where direction != "Decrease" && effect ?? .infinity >= limits.second: return "High"
        case .lower where direction != "Increase" && effect ?? -.infinity <= limits.first: return "Low"
        default: return "Pass"
        }
    }
}
