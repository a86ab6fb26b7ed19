#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Arithmetic that several functions share. The C library is used for nothing but mathematics.

func raised(_ base: Double, to exponent: Double) -> Double { pow(base, exponent) }

func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }

/// The sum with the rounding errors made good (after Neumaier).
func accurateSum(_ values: [Double]) -> Double {
    var sum = 0.0
    var lost = 0.0
    for value in values {
        let next = sum + value
        if next.isInfinite {
            lost = 0
        } else if sum.magnitude >= value.magnitude {
            lost += (sum - next) + value
        } else {
            lost += (value - next) + sum
        }
        sum = next
    }
    return sum.isInfinite ? sum : sum + lost
}

/// The average, also when the sum would overflow.
func mean(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let sum = accurateSum(values)
    if sum.isInfinite, !values.contains(where: \.isInfinite) { return accurateSum(values.map { $0 / count }) }
    return sum / count
}

/// The mean of the squared distances from the average (after Welford, so that equal values give exactly 0).
func variance(_ values: [Double]) -> Double {
    var average = 0.0
    var squares = 0.0
    for (index, value) in values.enumerated() {
        let distance = value - average
        average += distance / Double(index + 1)
        squares += distance * (value - average)
    }
    return squares / Double(values.count)
}

/// NaN only when there is nothing else.
func least(_ values: [Double]) -> Double {
    values.reduce(Double.nan) { $1 < $0 || $0.isNaN ? $1 : $0 }
}

/// NaN only when there is nothing else.
func greatest(_ values: [Double]) -> Double {
    values.reduce(Double.nan) { $1 > $0 || $0.isNaN ? $1 : $0 }
}

/// The value below which the share `share` of the values lies, between neighbours in proportion.
func quantile(_ share: Double, _ values: [Double]) -> Double {
    if values.isEmpty || share.isNaN { return .nan }
    if share < 0 { return -.infinity }
    if share > 1 { return .infinity }
    let sorted = values.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = share * Double(sorted.count - 1)
    let lower = max(0, Int(rank.rounded(.down)))
    let upper = min(sorted.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return sorted[lower] * (1 - weight) + sorted[upper] * weight
}
