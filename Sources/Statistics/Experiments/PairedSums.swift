/// Sums over units of two numbers each: what ratios and adjustments need, in constant memory.
public struct PairedSums: Sendable, Hashable {
    public var count: Double
    public var first: Double
    public var firstSquares: Double
    public var second: Double
    public var secondSquares: Double
    public var products: Double

    public init(
        count: Double, first: Double, firstSquares: Double, second: Double, secondSquares: Double, products: Double
    ) {
        self.count = count
        self.first = first
        self.firstSquares = firstSquares
        self.second = second
        self.secondSquares = secondSquares
        self.products = products
    }

    /// Of two lists of the same length; what one has more than the other is left out.
    public init(_ first: [Double], _ second: [Double]) {
        self.init(count: 0, first: 0, firstSquares: 0, second: 0, secondSquares: 0, products: 0)
        for (one, other) in zip(first, second) { add(one, other) }
    }

    public mutating func add(_ one: Double, _ other: Double) {
        count += 1
        first += one
        firstSquares += one * one
        second += other
        secondSquares += other * other
        products += one * other
    }

    public static func + (left: PairedSums, right: PairedSums) -> PairedSums {
        PairedSums(
            count: left.count + right.count, first: left.first + right.first,
            firstSquares: left.firstSquares + right.firstSquares, second: left.second + right.second,
            secondSquares: left.secondSquares + right.secondSquares, products: left.products + right.products)
    }

    /// Unbiased (over count − 1); the variances of zeros and ones over count, as the variance of a share is p(1 − p).
    func covariances(ofShares: Bool) -> (first: Double, second: Double, both: Double) {
        let over = ofShares ? count : count - 1
        return (
            (firstSquares - first * first / count) / over, (secondSquares - second * second / count) / over,
            (products - first * second / count) / (count - 1)
        )
    }

    /// The ratio of the two means (clicks per view) and its variance by the delta method (Deng, Knoblich and Lu, KDD 2018): asymptotic; it
    /// needs a denominator well away from 0.
    public var ratio: Arm {
        let (numerator, denominator) = (first / count, second / count)
        let (inFirst, inSecond, both) = covariances(ofShares: false)
        let square = denominator * denominator
        let slope = numerator / denominator
        let variance = (inFirst - 2 * slope * both + slope * slope * inSecond) / square
        return Arm(count: count, mean: slope, variance: variance)
    }
}
