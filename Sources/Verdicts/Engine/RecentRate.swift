import Statistics

/// The baseline's rate of the last half minute beside its usual one: whether something hits everybody.
struct RecentRate: Hashable, Sendable {
    private var bad = 0.0
    private var total = 0.0
    private var usualBad = 0.0
    private var usualTotal = 0.0

    private static let recentSeconds = 30.0
    private static let usualSeconds = 1200.0
    /// What lasts becomes usual in the end: a rate four times as high in half an hour, one of twenty times in two hours.
    private static let incidentSeconds = 14_400.0

    mutating func observe(bad: Double, total: Double, seconds: Double) {
        let kept = max(0, 1 - seconds / RecentRate.recentSeconds)
        self.bad = self.bad * kept + bad
        self.total = self.total * kept + total
        // Looked at before it is learnt from: its first seconds would make a short history look like it.
        if isIncident {
            // It mixes in slowly, however short what is usual was seen.
            let share = min(1, seconds / RecentRate.incidentSeconds)
            if total > 0 { usualBad = usualBad * (1 - share) + usualTotal * (bad / total) * share }
        } else {
            // Sums that fade: the first minutes count in full, so that one quiet tick at the start is not what is usual.
            let keeps = max(0, 1 - seconds / RecentRate.usualSeconds)
            usualBad = usualBad * keeps + bad
            usualTotal = usualTotal * keeps + total
        }
    }

    var rate: Double { total > 0 ? bad / total : 0 }
    var usual: Double { usualTotal > 0 ? usualBad / usualTotal : 0 }

    /// Three times the usual rate, as high as that may be by what was seen of it, and far more events than chance brings.
    var isIncident: Bool {
        guard usualTotal > 0 else { return false }
        let expected = (usualBad + 2 * usualBad.squareRoot() + 3) / usualTotal * total
        return bad >= 10 && bad > 3 * expected && bad > expected + 5 * expected.squareRoot()
    }

    func write(to bytes: inout StateWriter) { bytes.write([bad, total, usualBad, usualTotal]) }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let numbers = try bytes.numbers(4)
        (bad, total, usualBad, usualTotal) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}
