import Statistics

/// What each host counted before it had the change: how hosts differ for reasons of their own.
struct HostHistory: Hashable, Sendable {
    /// One host's counts.
    struct Seen: Hashable, Sendable {
        var events = 0.0
        var exposure = 0.0
    }

    /// What is known of one host: how many times as many events as usual it has, and the variance around that.
    struct Factor: Hashable, Sendable {
        var offset: Double
        var remaining: Double
    }

    private(set) var hosts: [Int: Seen] = [:]
    /// Of hosts whose past is not known: between them all.
    private(set) var variance = 0.0
    /// Derived from `hosts`, and derived anew after a restart.
    private var factors: [Int: Factor] = [:]
    private var isSettled = false
    /// How many ticks taught beside the change.
    private var ticks = 0.0

    /// At most so many hosts are kept apart.
    static let limit = 20_000
    /// What is learned beside the change is worked out once in so many ticks.
    private static let ticksBetween = 12.0

    static func == (left: HostHistory, right: HostHistory) -> Bool {
        left.hosts == right.hosts && left.variance == right.variance && left.ticks == right.ticks
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(hosts)
        hasher.combine(variance)
    }

    /// Before the change: everybody's own factor is learned.
    mutating func learn(_ rows: [HostEvents]) {
        for row in rows { note(row) }
        isSettled = false
    }

    /// Beside the change: the baseline's hosts show how much hosts differ, and no more than that.
    mutating func learnBesides(_ rows: [HostEvents]) {
        var known = 0
        for row in rows where row.place.cohort == .baseline && row.isSound { known += 1 }
        guard known >= 3 else { return }
        // Only what was known before this tick may be used on it.
        if ticks == 2 || ticks == 6 || ticks.truncatingRemainder(dividingBy: HostHistory.ticksBetween) == 0 {
            estimate()
        }
        ticks += 1
        for row in rows where row.place.cohort == .baseline { note(row) }
    }

    private mutating func note(_ row: HostEvents) {
        guard row.isSound, hosts.count < HostHistory.limit || hosts[row.place.host] != nil else { return }
        hosts[row.place.host, default: Seen()].events += row.bad
        hosts[row.place.host, default: Seen()].exposure += row.total
    }

    /// Works out every host's factor; once, when the change begins.
    mutating func settle() {
        guard !isSettled else { return }
        isSettled = true
        factors = [:]
        guard let (order, counts, exposures) = estimate() else { return }
        let (offsets, remaining) = HostEffects.offsets(events: counts, exposures: exposures, variance: variance)
        for (place, host) in order.enumerated() {
            factors[host] = Factor(offset: offsets[place], remaining: remaining[place])
        }
    }

    @discardableResult
    private mutating func estimate() -> (order: [Int], counts: [Double], exposures: [Double])? {
        let order = hosts.keys.sorted()
        let counts = order.map { hosts[$0]?.events ?? 0 }
        let exposures = order.map { hosts[$0]?.exposure ?? 0 }
        variance = 0
        guard order.count >= 3, counts.reduce(0, +) >= 10 else { return nil }
        let seen = HostEffects.variance(events: counts, exposures: exposures)
        let error = HostEffects.upperVariance(events: counts, exposures: exposures, deviations: 1) - seen
        variance = HostHistory.shrunk(seen, error: error)
        return (order, counts, exposures)
    }

    /// The estimate drawn towards what is usual as far as it is unsure: few events say little of how hosts differ.
    private static func shrunk(_ estimate: Double, error: Double) -> Double {
        let usual = (variance: 0.02, error: 0.05)
        guard error > 0, error < .infinity else { return usual.variance }
        let (own, prior) = (1 / (error * error), 1 / (usual.error * usual.error))
        let drawn = (estimate * own + usual.variance * prior) / (own + prior)
        return drawn + 1.28 / (own + prior).squareRoot()
    }

    func factor(_ host: Int) -> Factor {
        let unknown = Factor(offset: 1, remaining: variance)
        return factors.isEmpty ? unknown : factors[host] ?? unknown
    }

    /// The factor on the margin for these cohorts: how unlike they may be by chance.
    func allowance(_ canary: CohortSums.Cohort, _ baseline: CohortSums.Cohort) -> Double {
        guard variance > 0 else { return 1 }
        return exponential(Protections.hostDeviations * (canary.variance + baseline.variance).squareRoot())
    }

    /// The same between two halves of so many baseline hosts.
    func halvesAllowance(_ hosts: (Int, Int)) -> Double {
        HostEffects.allowance(
            variance: variance, canaryHosts: hosts.0, baselineHosts: hosts.1, deviations: Protections.hostDeviations)
    }

    func write(to bytes: inout StateWriter) {
        bytes.write(isSettled ? 1 : 0 as UInt8)
        bytes.write([variance, ticks])
        let order = hosts.keys.sorted()
        bytes.write(UInt64(order.count))
        for host in order {
            bytes.write(UInt64(bitPattern: Int64(host)))
            bytes.write([hosts[host]?.events ?? 0, hosts[host]?.exposure ?? 0])
        }
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let wasSettled = try bytes.byte() != 0
        let head = try bytes.numbers(2)
        let count = try bytes.count()
        guard count <= HostHistory.limit else { throw .wrongLength }
        hosts = [:]
        for _ in 0..<count {
            let host = Int(Int64(bitPattern: try bytes.word()))
            hosts[host] = Seen(events: try bytes.number(), exposure: try bytes.number())
        }
        (factors, isSettled) = ([:], false)
        if wasSettled { settle() }
        (variance, ticks) = (head[0], head[1])
    }
}
