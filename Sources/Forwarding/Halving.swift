/// Finds the samples of a refused batch that a receiver does take: halves it, and what is refused again, until single samples are
/// left. One bad sample does not take the others with it.
///
/// The pieces come in the order of the samples, so that those of a series stay in theirs.
public struct Halving: Hashable, Sendable {
    private var waiting: [Range<Int>]
    private var attempts: Int
    /// Samples that were given up.
    public private(set) var lost = 0

    /// - Parameters:
    ///   - count: samples of the batch, which was refused as a whole.
    ///   - attempts: how many pieces are tried at most; what is refused then is given up as it is. One bad sample of `count` takes
    ///     about twice the logarithm of `count`; without this number it is as many as half the samples.
    public init(count: Int, attempts: Int? = nil) {
        self.attempts = attempts ?? max(100, count / 2)
        waiting = [0..<count]
        refused()
    }

    /// What to try next: the same until `delivered` or `refused`; `nil` when all is decided.
    public var next: Range<Int>? { waiting.last }

    public mutating func delivered() { waiting.removeLast() }

    public mutating func refused() {
        guard let range = waiting.popLast() else { return }
        guard range.count > 1, attempts >= 2 else {
            lost += range.count
            return
        }
        attempts -= 2
        let middle = range.lowerBound + range.count / 2
        waiting.append(middle..<range.upperBound)
        waiting.append(range.lowerBound..<middle)
    }
}
