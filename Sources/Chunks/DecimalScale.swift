/// Finds the power of ten with which floats become whole numbers, exactly: `Double(whole) / power` gives the same bits again.
struct DecimalScale {
    static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
    ]
    /// Above this not every whole number is a float.
    private static let limit = 9_007_199_254_740_992.0

    var exponent = 0
    /// One for each value; where a value is an exception, the number before is repeated.
    var wholes: [Int64] = []
    /// Indices of values that no power makes whole: NaN, infinities, minus zero, noise.
    var exceptions: [Int] = []

    @inline(__always)
    static func whole(_ value: Double, exponent: Int) -> Int64? {
        let power = powers[exponent]
        let scaled = (value * power).rounded()
        guard abs(scaled) < limit else { return nil }
        // Back from the whole number, which has no negative zero.
        let whole = Int64(scaled)
        return (Double(whole) / power).bitPattern == value.bitPattern ? whole : nil
    }

    /// `nil` when more than an eighth of the values are exceptions.
    init?(_ values: UnsafeBufferPointer<Double>) {
        let allowed = values.count / 8 + 1
        var refused = 0
        for value in values where DecimalScale.whole(value, exponent: exponent) == nil {
            if let larger = (exponent..<DecimalScale.powers.count).first(where: {
                DecimalScale.whole(value, exponent: $0) != nil
            }) {
                exponent = larger
            } else {
                refused += 1
                if refused > allowed { return nil }
            }
        }
        wholes.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            if let whole = DecimalScale.whole(value, exponent: exponent) {
                wholes.append(whole)
            } else {
                exceptions.append(index)
                if exceptions.count > allowed { return nil }
                wholes.append(wholes.last ?? 0)
            }
        }
    }
}
