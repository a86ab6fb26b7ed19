/// ln(e^first + e^second) without overflow; −∞ stands for nothing.
func logSum(_ first: Double, _ second: Double) -> Double {
    let larger = max(first, second)
    guard larger > -.infinity, larger < .infinity else { return larger }
    return larger + logarithm(onePlus: exponential(min(first, second) - larger))
}

/// ln Σ e^term without overflow; −∞ for no terms.
func logSum(_ terms: some Sequence<Double>) -> Double {
    let terms = Array(terms)
    guard let largest = terms.max(), largest > -.infinity, largest < .infinity else { return terms.max() ?? -.infinity }
    return largest + logarithm(terms.reduce(0) { $0 + exponential($1 - largest) })
}
