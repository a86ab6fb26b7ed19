import Statistics

/// By how much something wanders by itself over minutes: the standard deviation of an Ornstein and Uhlenbeck process, estimated from ticks.
///
/// What wanders slowly shows little of it in a short time: the variance seen is divided by the part that such a process shows in a window of
/// that length, and drawn towards what is usual while the window is short.
struct Wander: Hashable, Sendable {
    private var count = 0.0
    private var sum = 0.0
    private var squares = 0.0
    private var sampling = 0.0
    private var seconds = 0.0

    /// - Parameters:
    ///   - value: of this tick.
    ///   - variance: how much of it is chance of the sampling.
    mutating func observe(_ value: Double, variance: Double, seconds length: Double) {
        guard value.isFinite, variance.isFinite else { return }
        count += 1
        sum += value
        squares += value * value
        sampling += variance
        seconds += length
    }

    /// - Parameter usual: the standard deviation that is assumed before anything was seen.
    func deviation(usual: Double) -> Double {
        guard count >= 2, seconds > 0 else { return usual }
        let mean = sum / count
        let seen = max(0, squares / count - mean * mean - sampling / count)
        let lengths = seconds / Protections.wanderMemory
        let shownPart = 1 - 2 * (lengths - 1 + exponential(-lengths)) / (lengths * lengths)
        // A moment says next to nothing: one stall among a few ticks is no wandering.
        let trust = min(1 + lengths, 3 * lengths)
        let prior = Protections.usualWanderTrust
        return ((usual * usual * prior + trust * seen / max(0.05, shownPart)) / (prior + trust)).squareRoot()
    }

    func write(to bytes: inout StateWriter) { bytes.write([count, sum, squares, sampling, seconds]) }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let numbers = try bytes.numbers(5)
        (count, sum, squares, sampling, seconds) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    }
}

/// How the baseline's share of bad events wanders, and what that says of how a single cohort may.
struct RateWander: Hashable, Sendable {
    private var wander = Wander()
    private var bad = 0.0
    private var total = 0.0
    private var seconds = 0.0
    /// The factor on the margin.
    private(set) var allowance = 1.0

    mutating func observe(bad: Double, total: Double, seconds length: Double, isIncident: Bool) {
        self.bad += bad
        self.total += total
        seconds += length
        // ln of fewer than ten events is no number to reckon with.
        guard seconds >= 30, self.bad >= 10 else { return }
        if !isIncident { wander.observe(logarithm(self.bad / self.total), variance: 1 / self.bad, seconds: seconds) }
        (self.bad, self.total, seconds) = (0, 0, 0)
        let deviation = wander.deviation(usual: Protections.usualRateWander)
        let beyond = Protections.sharedRateWander * max(0, deviation - Protections.calmRateWander)
        allowance = exponential(min(Protections.widestRateWander, beyond))
    }

    func write(to bytes: inout StateWriter) {
        wander.write(to: &bytes)
        bytes.write([bad, total, seconds, allowance])
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        try wander.read(from: &bytes)
        let numbers = try bytes.numbers(4)
        (bad, total, seconds, allowance) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}
