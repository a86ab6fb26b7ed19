import Statistics

/// Sums of the logarithms of durations, from a histogram: as much as typical and slow requests need.
struct LogMoments: Hashable, Sendable {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0

    var mean: Double { count > 0 ? sum / count : 0 }

    /// The variance of one value, with n − 1.
    var variance: Double { count > 1 ? max(0, (squares - sum * sum / count) / (count - 1)) : 0 }

    /// - Parameter offset: how much slower (in ln) the host has always been.
    mutating func add(_ counts: [Double], centres: [Double], offset: Double = 0) {
        for (index, number) in counts.enumerated() where number > 0 && index < centres.count && number < .infinity {
            let value = centres[index] - offset
            count += number
            sum += number * value
            squares += number * value * value
        }
    }

    mutating func add(_ other: LogMoments) {
        count += other.count
        sum += other.sum
        squares += other.squares
    }

    var numbers: [Double] { [count, sum, squares] }

    init() {}

    init(numbers: [Double]) { (count, sum, squares) = (numbers[0], numbers[1], numbers[2]) }

    /// ln of the middle of each bucket; of the open ones, a little beyond their edge.
    static func centres(_ edges: [Double]) -> [Double] {
        var centres: [Double] = []
        var lower = 0.0
        for edge in edges {
            if edge == .infinity {
                centres.append(logarithm(max(lower, 1e-300) * 1.1))
            } else if lower > 0 {
                centres.append(0.5 * (logarithm(lower) + logarithm(max(edge, lower))))
            } else {
                centres.append(logarithm(max(edge, 1e-300) * 0.9))
            }
            lower = edge
        }
        return centres
    }
}

/// What the baseline's latencies look like: how much they scatter, how heavy their tail is, how they wander.
struct LatencyReference: Hashable, Sendable {
    private var centre: Double?
    private var powers: [Double] = [0, 0, 0, 0, 0]
    private var means = Wander()

    /// After how many ticks an observation counts half.
    private static let kept = 0.998

    /// - Parameter length: of the tick, in seconds.
    mutating func observe(_ counts: [Double], centres: [Double], length: Double) {
        var moments = LogMoments()
        moments.add(counts, centres: centres)
        guard moments.count > 0 else { return }
        let middle = centre ?? moments.mean
        centre = middle
        for index in powers.indices { powers[index] *= LatencyReference.kept }
        for (index, number) in counts.enumerated() where number > 0 && index < centres.count {
            let away = centres[index] - middle
            var term = number
            for power in powers.indices {
                powers[power] += term
                term *= away
            }
        }
        guard moments.count > 1 else { return }
        means.observe(moments.mean - middle, variance: variance / moments.count, seconds: length)
    }

    private var mean: Double { powers[0] > 0 ? powers[1] / powers[0] : 0 }

    /// Of one request's ln.
    var variance: Double {
        guard powers[0] > 0 else { return 0 }
        return max(1e-6, powers[2] / powers[0] - mean * mean)
    }

    /// The fourth central moment over the squared variance, at least 1.8 (a uniform law's).
    var kurtosis: Double {
        guard powers[0] > 0 else { return 3 }
        let (m1, m2, m3, m4) = (mean, powers[2] / powers[0], powers[3] / powers[0], powers[4] / powers[0])
        let fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 * m1 * m1 * m1
        return max(1.8, fourth / (variance * variance))
    }

    /// The standard deviation by which a tick's mean wanders, its sampling taken off.
    var wander: Double { means.deviation(usual: Protections.usualWander) }

    func write(to bytes: inout StateWriter) {
        bytes.write([centre == nil ? 0 : 1, centre ?? 0])
        bytes.write(powers)
        means.write(to: &bytes)
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let head = try bytes.numbers(2)
        centre = head[0] == 0 ? nil : head[1]
        powers = try bytes.numbers(5)
        try means.read(from: &bytes)
    }
}
