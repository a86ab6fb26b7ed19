#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// The C library is used for nothing but mathematics.

/// The natural logarithm of the chance of `successes` or more in `trials`, each with the chance `probability`.
///
/// Summed from the likeliest of these terms outwards in logarithms: exact to rounding for small counts, stable for large ones,
/// and stopped where a term no longer changes the sum.
/// - Complexity: O(√trials) in practice.
func logUpperTail(successes: Double, trials: Double, probability: Double) -> Double {
    if successes <= 0 { return 0 }
    if successes > trials || probability <= 0 { return -.infinity }
    if probability >= 1 { return 0 }
    // At or below the mean the tail is near 1, and nothing is decided by how near.
    if successes <= trials * probability { return 0 }
    let odds = log(probability) - log1p(-probability)
    var term =
        logBinomial(trials, successes) + successes * log(probability) + (trials - successes) * log1p(-probability)
    var sum = term
    var count = successes
    // Beyond the mean each term is smaller than the one before.
    while count + 1 <= trials {
        term += log((trials - count) / (count + 1)) + odds
        count += 1
        let larger = max(sum, term)
        sum = larger + log1p(exp(-abs(sum - term)))
        if term < sum - 40 { break }
    }
    return min(0, sum)
}

/// The natural logarithm of the number of ways to choose `chosen` of `all`.
private func logBinomial(_ all: Double, _ chosen: Double) -> Double {
    logFactorial(all) - logFactorial(chosen) - logFactorial(all - chosen)
}

private func logFactorial(_ number: Double) -> Double {
    // The plain `lgamma` also writes the sign to a global variable, which no two threads may do at once.
    var sign: Int32 = 0
    return lgamma_r(number + 1, &sign)
}

func naturalLogarithm(_ number: Double) -> Double { log(number) }
