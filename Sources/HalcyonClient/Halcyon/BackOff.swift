/// How long to wait before the next attempt: a random part of a time that doubles, so that a fleet that lost its server
/// together does not come back together.
struct BackOff {
    let first: Duration
    let longest: Duration
    private var attempt = 0

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    mutating func reset() { attempt = 0 }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let limit = min(first * (1 << min(attempt, 20)), longest)
        attempt += 1
        return limit * Double.random(in: 0...1, using: &generator)
    }
}
