/// ln B(first, second); for large arguments the large parts of the three ln Γ are cancelled before they are rounded.
func logBeta(_ first: Double, _ second: Double) -> Double {
    let small = min(first, second)
    let large = max(first, second)
    guard large >= 15 else { return logGamma(small) + logGamma(large) - logGamma(small + large) }
    let sum = small + large
    let remainder = stirlingRemainder(large) - stirlingRemainder(sum)
    // ln(large / sum), without forming the quotient
    let share = -logarithm(onePlus: small / large)
    if small >= 15 {
        let lesser = (small - 0.5) * logarithm(small / sum)
        let greater = (large - 0.5) * share
        return halfLogTwoPi - 0.5 * logarithm(sum) + lesser + greater + remainder + stirlingRemainder(small)
    }
    return logGamma(small) + (large - 0.5) * share - small * logarithm(sum) + small + remainder
}

/// ln I_x(first, second), the regularised incomplete beta function, and the logarithm of what it lacks of 1.
///
/// - Parameter complement: 1 − x, which the caller often knows better than it can be computed from x.
/// Relative error about 1e-13 · √max(first, second): Lentz' evaluation of the continued fraction (NIST 8.17.22), at the side of the mean
/// where it converges fast.
func logIncompleteBeta(_ first: Double, _ second: Double, x: Double, complement: Double) -> (
    lower: Double, upper: Double
) {
    guard x > 0 else { return (-.infinity, 0) }
    guard complement > 0 else { return (0, -.infinity) }
    let front = first * logPart(x, complement) + second * logPart(complement, x) - logBeta(first, second)
    if x * (first + second + 2) <= first + 1 {
        let lower = min(0, front - logarithm(first) + logarithm(betaFraction(first, second, x)))
        return (lower, logComplement(lower))
    }
    let upper = min(0, front - logarithm(second) + logarithm(betaFraction(second, first, complement)))
    return (logComplement(upper), upper)
}

/// ln(part), from whichever of the two parts of 1 is the smaller.
private func logPart(_ part: Double, _ rest: Double) -> Double {
    rest < 0.5 ? logarithm(onePlus: -rest) : logarithm(part)
}

private func betaFraction(_ first: Double, _ second: Double, _ x: Double) -> Double {
    let sum = first + second
    var c = 1.0
    var d = 1 / nonZero(1 - sum * x / (first + 1))
    var result = d
    for step in 1...100_000 {
        let m = Double(step)
        let even = m * (second - m) * x / ((first + 2 * m - 1) * (first + 2 * m))
        d = 1 / nonZero(1 + even * d)
        c = nonZero(1 + even / c)
        result *= d * c
        let odd = -(first + m) * (sum + m) * x / ((first + 2 * m) * (first + 2 * m + 1))
        d = 1 / nonZero(1 + odd * d)
        c = nonZero(1 + odd / c)
        result *= d * c
        if abs(d * c - 1) < 1e-16 { break }
    }
    return result
}
