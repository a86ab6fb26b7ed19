/// ln Γ(value) for value > 0, within about 1e-15 · max(1, |result|): Stirling's series (NIST Handbook of Mathematical Functions, 5.11.1)
/// from 15 on, carried down by Γ(z + 1) = z Γ(z).
func logGamma(_ value: Double) -> Double {
    guard value > 0 else { return .infinity }
    var argument = value
    var product = 1.0
    while argument < 15 {
        product *= argument
        argument += 1
    }
    let sum = (argument - 0.5) * logarithm(argument) - argument + halfLogTwoPi + stirlingRemainder(argument)
    return sum - logarithm(product)
}

/// ½ ln 2π
let halfLogTwoPi = 0.918_938_533_204_672_741_78

/// What Stirling's formula leaves of ln Γ(value), for value ≥ 15 (error below 1e-17).
func stirlingRemainder(_ value: Double) -> Double {
    let inverse = 1 / value
    let square = inverse * inverse
    let series = 1.0 / 1260 + square * (-1.0 / 1680 + square * (1.0 / 1188 - square * 691.0 / 360_360))
    return inverse * (1.0 / 12 + square * (-1.0 / 360 + square * series))
}

/// ln P(shape, value) and ln Q(shape, value): the regularised lower and upper incomplete gamma functions, in logarithms so that neither
/// tail underflows. Relative error about 1e-13 (1e-11 for shapes near 10⁶).
///
/// The series (NIST 8.11.4) below shape + 1, Legendre's continued fraction (NIST 8.9.2) above, each until it changes no more.
func logIncompleteGamma(shape: Double, value: Double) -> (lower: Double, upper: Double) {
    guard value > 0 else { return (-.infinity, 0) }
    guard value < .infinity else { return (0, -.infinity) }
    let front = logGammaFront(shape: shape, value: value)
    if value < shape + 1 {
        var term = 1 / shape
        var sum = term
        var index = shape
        while term > sum * 1e-17 {
            index += 1
            term *= value / index
            sum += term
        }
        let lower = min(0, front + logarithm(sum))
        return (lower, logComplement(lower))
    }
    let upper = min(0, front + logarithm(gammaFraction(shape: shape, value: value)))
    return (logComplement(upper), upper)
}

/// ln(1 − e^value) for value ≤ 0.
func logComplement(_ value: Double) -> Double {
    value > -0.693 ? logarithm(-exponentialMinusOne(value)) : logarithm(onePlus: -exponential(value))
}

/// ln(value^shape e^−value / Γ(shape)), arranged so that large terms cancel before they are rounded.
private func logGammaFront(shape: Double, value: Double) -> Double {
    guard shape >= 15 else { return shape * logarithm(value) - value - logGamma(shape) }
    let excess = (value - shape) / shape
    let body = shape * (logarithm(onePlus: excess) - excess)
    return body + 0.5 * logarithm(shape) - halfLogTwoPi - stirlingRemainder(shape)
}

/// Lentz' evaluation of the continued fraction of Γ(shape, value) e^value value^−shape.
private func gammaFraction(shape: Double, value: Double) -> Double {
    var last = value + 1 - shape
    var c = 1e300
    var d = 1 / last
    var result = d
    for step in 1...200_000 {
        let count = Double(step)
        let numerator = -count * (count - shape)
        last += 2
        d = 1 / nonZero(numerator * d + last)
        c = nonZero(last + numerator / c)
        result *= c * d
        if abs(c * d - 1) < 1e-16 { break }
    }
    return result
}

/// Keeps a denominator of Lentz' method from being zero.
func nonZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
