/// Count, mean and sum of squared deviations of a sample, in one pass that loses no digits (Welford 1962).
public struct SampleMoments: Sendable, Hashable {
    public private(set) var count = 0.0
    public private(set) var mean = 0.0
    public private(set) var squaredDeviations = 0.0

    public init() {}

    public init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    public mutating func add(_ value: Double) {
        count += 1
        let deviation = value - mean
        mean += deviation / count
        squaredDeviations += deviation * (value - mean)
    }

    /// The unbiased variance; not a number below two values.
    public var variance: Double { count > 1 ? squaredDeviations / (count - 1) : .nan }
}
