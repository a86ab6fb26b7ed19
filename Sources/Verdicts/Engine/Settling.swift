import Statistics

/// Tells when a cold start is over: a latency that still falls is one.
///
/// The differences of the later half of the time so far, in nine parts or more; while their trend points down by more than chance explains, or
/// fewer parts are there, the young hosts have not settled. Because the window grows with the age, a slow cold start shows its trend as
/// long as a quick one. A regression stays where it is, so this costs it a minute and a half at most.
struct Settling: Hashable, Sendable {
    static let parts = 9
    private static let shortest = 10.0

    private var values: [Double] = []
    private var variances: [Double] = []
    private var weighted = 0.0
    private var information = 0.0
    private var elapsed = 0.0
    private var length = Settling.shortest

    /// - Parameters:
    ///   - value: canary − baseline, in ln; nil when there was too little to tell.
    mutating func observe(_ value: Double?, variance: Double, seconds: Double) {
        elapsed += seconds
        if let value, variance > 0, value.isFinite, variance < .infinity {
            weighted += value / variance
            information += 1 / variance
        }
        guard elapsed >= length - 0.001 else { return }
        elapsed = 0
        guard information > 0 else { return }
        values.append(weighted / information)
        variances.append(1 / information)
        (weighted, information) = (0, 0)
        if values.count >= 2 * Settling.parts { halve() }
    }

    /// Neighbours become one: from now on a part is twice as long.
    private mutating func halve() {
        for index in 0..<values.count / 2 {
            let (left, right) = (1 / variances[2 * index], 1 / variances[2 * index + 1])
            values[index] = (values[2 * index] * left + values[2 * index + 1] * right) / (left + right)
            variances[index] = 1 / (left + right)
        }
        values.removeLast(values.count - values.count / 2)
        variances.removeLast(variances.count - values.count)
        length *= 2
    }

    /// Whether enough was seen to say that the latency does not fall any more.
    var isSettled: Bool { values.count >= Settling.parts && !isFalling }

    /// Whether it falls, and is above the baseline's.
    var isFalling: Bool {
        guard values.count >= 4 else { return false }
        let first = max(0, values.count - Settling.parts)
        let middle = Double(values.count - 1 + first) / 2
        var (slope, spread, sum) = (0.0, 0.0, 0.0)
        for index in first..<values.count {
            let place = Double(index) - middle
            slope += place * values[index]
            spread += place * place * variances[index]
            sum += values[index]
        }
        return sum > 0 && slope < -Protections.fallingTrend * spread.squareRoot()
    }

    func write(to bytes: inout StateWriter) {
        bytes.write(UInt64(values.count))
        bytes.write(values)
        bytes.write(variances)
        bytes.write([weighted, information, elapsed, length])
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let count = try bytes.count()
        guard count < 2 * Settling.parts else { throw .wrongLength }
        values = try bytes.numbers(count)
        variances = try bytes.numbers(count)
        let rest = try bytes.numbers(4)
        (weighted, information, elapsed, length) = (rest[0], rest[1], rest[2], rest[3])
    }
}
