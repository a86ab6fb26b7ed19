/// Where a continuous function that changes its sign between two places is zero, to `tolerance` (relative to the result) or to rounding.
///
/// Inverse quadratic interpolation, bisection where that is unsafe: T. R. Chandrupatla, Advances in Engineering Software 28 (1997).
/// If both ends have the same sign, the end nearer to zero is returned.
func root(
    from start: Double, to end: Double, tolerance: Double = 0, absolute: Double = 0, of function: (Double) -> Double
) -> Double {
    var (a, b) = (start, end)
    var (fa, fb) = (function(a), function(b))
    if fa == 0 { return a }
    if fb == 0 { return b }
    guard (fa < 0) != (fb < 0) else { return abs(fa) < abs(fb) ? a : b }
    var (c, fc) = (a, fa)
    var part = 0.5
    for _ in 0..<400 {
        let x = a + part * (b - a)
        let value = function(x)
        if (value < 0) == (fa < 0) {
            (c, fc) = (a, fa)
        } else {
            (c, fc) = (b, fb)
            (b, fb) = (a, fa)
        }
        (a, fa) = (x, value)
        let best = abs(fa) < abs(fb) ? a : b
        let width = abs(b - a)
        let limit = (max(tolerance, 2.2e-16) * abs(best) + absolute + 1e-300) / width
        if fa == 0 || limit > 0.5 { return best }
        part = interpolated(a, b, c, fa, fb, fc)
        part = min(1 - limit, max(limit, part))
    }
    return abs(fa) < abs(fb) ? a : b
}

private func interpolated(
    _ a: Double, _ b: Double, _ c: Double, _ fa: Double, _ fb: Double, _ fc: Double
) -> Double {
    let place = (a - b) / (c - b)
    let height = (fa - fb) / (fc - fb)
    guard height * height < place, (1 - height) * (1 - height) < 1 - place else { return 0.5 }
    let first = fa / (fb - fa) * (fc / (fb - fc))
    return first + (c - a) / (b - a) * (fa / (fc - fa)) * (fb / (fc - fb))
}

/// Where a function of one valley is lowest between two places (golden section; to about eight digits, which is all that the flat bottom
/// of a double has).
func minimum(from start: Double, to end: Double, of function: (Double) -> Double) -> (place: Double, value: Double) {
    let ratio = 0.618_033_988_749_894_8
    var (low, high) = (start, end)
    var left = high - ratio * (high - low)
    var right = low + ratio * (high - low)
    var (atLeft, atRight) = (function(left), function(right))
    for _ in 0..<200 where high - low > 1e-12 * max(abs(low), abs(high)) {
        if atLeft <= atRight {
            (high, right, atRight) = (right, left, atLeft)
            left = high - ratio * (high - low)
            atLeft = function(left)
        } else {
            (low, left, atLeft) = (left, right, atRight)
            right = low + ratio * (high - low)
            atRight = function(right)
        }
    }
    return atLeft <= atRight ? (left, atLeft) : (right, atRight)
}
