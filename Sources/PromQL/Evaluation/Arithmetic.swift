#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the C library knows of mathematics; nothing else of it is used.
enum Mathematics {
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
    static func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
    /// The remainder with the sign of the dividend.
    static func remainder(_ left: Double, _ right: Double) -> Double { fmod(left, right) }
    static func exponential(_ value: Double) -> Double { exp(value) }
    static func powerOfTwo(_ value: Double) -> Double { exp2(value) }
    static func naturalLogarithm(_ value: Double) -> Double { log(value) }
    static func binaryLogarithm(_ value: Double) -> Double { log2(value) }
    static func decimalLogarithm(_ value: Double) -> Double { log10(value) }
    static func sine(_ value: Double) -> Double { sin(value) }
    static func cosine(_ value: Double) -> Double { cos(value) }
    static func tangent(_ value: Double) -> Double { tan(value) }
    static func arcSine(_ value: Double) -> Double { asin(value) }
    static func arcCosine(_ value: Double) -> Double { acos(value) }
    static func arcTangent(_ value: Double) -> Double { atan(value) }
    static func hyperbolicSine(_ value: Double) -> Double { sinh(value) }
    static func hyperbolicCosine(_ value: Double) -> Double { cosh(value) }
    static func hyperbolicTangent(_ value: Double) -> Double { tanh(value) }
    static func inverseHyperbolicSine(_ value: Double) -> Double { asinh(value) }
    static func inverseHyperbolicCosine(_ value: Double) -> Double { acosh(value) }
    static func inverseHyperbolicTangent(_ value: Double) -> Double { atanh(value) }
}

/// A sum that keeps what rounding loses (Kahan's summation as improved by Neumaier, 1974).
struct AccurateSum {
    var sum: Double
    /// What rounding has lost so far.
    var lost = 0.0

    @inline(__always)
    init(_ first: Double = 0) { sum = first }

    @inline(__always)
    mutating func add(_ value: Double) {
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

    /// The sum with what was lost; an infinite sum stays infinite.
    @inline(__always)
    var total: Double { sum.isInfinite ? sum : sum + lost }
}

/// The mean of numbers that come one by one: their sum by their count for as long as the sum is finite, and from then on the mean
/// corrected number by number.
struct RunningMean {
    private var sum: AccurateSum
    private var count = 1.0
    private var isIncremental = false

    @inline(__always)
    init(_ first: Double) { sum = AccurateSum(first) }

    @inline(__always)
    mutating func add(_ value: Double) {
        count += 1
        if !isIncremental {
            var next = sum
            next.add(value)
            if !next.sum.isInfinite {
                sum = next
                return
            }
            isIncremental = true
            sum.sum /= count - 1
            sum.lost /= count - 1
        }
        let share = (count - 1) / count
        sum.sum *= share
        sum.lost *= share
        sum.add(value / count)
    }

    var mean: Double { isIncremental ? sum.sum + sum.lost : sum.sum / count + sum.lost / count }
}

/// The value below which the share `share` of the values lies, between neighbours in proportion; the values get sorted, NaN first.
func quantile(_ share: Double, _ values: inout [Double]) -> Double {
    if values.isEmpty || share.isNaN { return .nan }
    if share < 0 { return -.infinity }
    if share > 1 { return .infinity }
    values.sort { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = share * Double(values.count - 1)
    let lower = max(0, Int(rank.rounded(.down)))
    let upper = min(values.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return values[lower] * (1 - weight) + values[upper] * weight
}

/// The greater of two numbers: nothing is greater than infinity, else NaN makes NaN.
func greater(_ left: Double, _ right: Double) -> Double {
    if left == .infinity || right == .infinity { return .infinity }
    return left.isNaN || right.isNaN ? .nan : max(left, right)
}

/// The smaller of two numbers: nothing is smaller than minus infinity, else NaN makes NaN.
func lesser(_ left: Double, _ right: Double) -> Double {
    if left == -.infinity || right == -.infinity { return -.infinity }
    return left.isNaN || right.isNaN ? .nan : min(left, right)
}
