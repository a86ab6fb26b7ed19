/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Annals of Statistics 2024, theorem 2.2).
///
/// Valid at all looks at once as the number of units grows: a normal mixture around an average that a strong approximation makes Gaussian.
/// With few units (below some hundred) it may err, as a t-interval with a normal quantile does. `planned` is the number of units at which it
/// is to be tightest.
extension Effect {
    public func sequentialInterval(chance: Double, planned: Double) -> (lower: Double, upper: Double) {
        let rho = Effect.precision(chance: chance, planned: planned)
        let information = count * rho + 1
        let square = 2 * information / (count * rho) * logarithm(information.squareRoot() / chance)
        let half = standardError * square.squareRoot()
        return (estimate - half, estimate + half)
    }

    /// The smallest chance whose sequence (of the precision that fits `chance`) leaves 0 out: valid at every look.
    public func sequentialP(chance: Double, planned: Double) -> Double {
        let rho = Effect.precision(chance: chance, planned: planned)
        let information = count * rho + 1
        let square = estimate * estimate / variance
        return min(1, information.squareRoot() * exponential(-rho * count * square / (2 * information)))
    }

    /// ρ², the precision of the mixture that is tightest at `planned` units.
    private static func precision(chance: Double, planned: Double) -> Double {
        let log = -2 * logarithm(chance)
        return (log + logarithm(log + 1)) / planned
    }
}
