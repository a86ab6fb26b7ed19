import Testing

@testable import Statistics

/// The functions below everything, against values computed elsewhere, and against themselves.
@Suite struct FunctionTests {
    @Test("distributions and special functions, to eleven digits")
    func values() throws {
        for (name, arguments, value) in ExpectedValues.functions {
            let found = try #require(evaluate(name, arguments), "\(name)")
            #expect(
                agree(found, value, relative: 2e-11, absolute: 1e-13), "\(name)\(arguments): \(found), not \(value)")
        }
    }

    private func evaluate(_ name: String, _ at: [Double]) -> Double? {
        switch name {
        case "logGamma": logGamma(at[0])
        case "gammaLower": exponential(logIncompleteGamma(shape: at[0], value: at[1]).lower)
        case "gammaUpper": exponential(logIncompleteGamma(shape: at[0], value: at[1]).upper)
        case "betaLower": Beta(at[0], at[1]).lower(at[2])
        case "normalLower": Normal.lower(at[0])
        case "normalLogLower": Normal.logLower(at[0])
        case "normalQuantile": Normal.quantile(at[0])
        case "studentUpper": StudentT(degrees: at[0]).upper(at[1])
        case "studentQuantile": StudentT(degrees: at[0]).upperQuantile(at[1])
        case "chiUpper": ChiSquare(degrees: at[0]).upper(at[1])
        case "chiQuantile": ChiSquare(degrees: at[0]).upperQuantile(at[1])
        case "fisherUpper": FisherF(numerator: at[0], denominator: at[1]).upper(at[2])
        case "fisherQuantile": FisherF(numerator: at[0], denominator: at[1]).upperQuantile(at[2])
        case "betaQuantile": Beta(at[0], at[1]).quantile(at[2])
        case "binomialUpper": binomialUpperTail(successes: at[0], trials: at[1], probability: at[2])
        case "zeta": Stitching.zeta(at[0])
        case "noncentral": GaugeEvidence.logNoncentralRatio(t: at[1], degrees: at[0], centre: at[2])
        default: nil
        }
    }

    @Test("sums of logarithms: nothing, one and many, without overflow")
    func sums() {
        #expect(logSum([]) == -.infinity)
        #expect(logSum(-.infinity, -.infinity) == -.infinity)
        #expect(logSum(-.infinity, 3) == 3)
        #expect(agree(logSum(1000, 1000), 1000.693_147_180_559_945))
        #expect(agree(logSum([-1000, -1000, -1000]), -998.901_387_711_331_89))
    }

    @Test("a root is found to rounding, also where the function is steep, flat or a step")
    func roots() {
        #expect(agree(root(from: 0, to: 10) { $0 * $0 - 2 }, 2.0.squareRoot(), relative: 1e-15))
        #expect(agree(root(from: -5, to: 1) { exponential($0) - 1e-2 }, -4.605_170_185_988_091, relative: 1e-14))
        #expect(agree(root(from: 0, to: 1) { $0 < 0.3 ? -1 : 1 }, 0.3, relative: 1e-12))
    }
}
