public import Values

/// What was measured of both cohorts in one stretch of time, check by check: what a verdict engine is fed with.
public struct Tick: Hashable, Sendable {
    /// The end of the stretch.
    public var at: Timestamp
    /// How long it is.
    public var length: Period
    /// True in the first tick of a wave: a regression may well begin here.
    public var startsWave: Bool
    /// True while nobody has the change yet: such ticks teach how hosts differ, and decide nothing.
    public var isBefore: Bool
    /// In the order of the engine's checks.
    public var samples: [CheckSample]

    public init(
        at: Timestamp, length: Period, startsWave: Bool = false, isBefore: Bool = false, samples: [CheckSample]
    ) {
        self.at = at
        self.length = length
        self.startsWave = startsWave
        self.isBefore = isBefore
        self.samples = samples
    }
}

/// What one check was given in a tick.
public enum CheckSample: Hashable, Sendable {
    /// Bad events among all (`ratio`, `web`, `slo`, `peers`), or events and the exposure in which they came (`rate`).
    case events([HostEvents])
    /// Durations by bucket; `edges` are the upper bounds, ascending, the last one infinite or not.
    case durations(edges: [Double], [HostDurations])
    /// A number per host (memory, queue length).
    case gauges([HostGauge])
    /// A comparison that holds or does not.
    indirect case comparison(Reading)
    /// Nothing to judge by, and why; the evidence stays where it is.
    case missing(String)
}

/// Where a row comes from.
public struct HostPlace: Hashable, Sendable {
    /// A number that stands for the host, the same in every tick.
    public var host: Int
    /// A number that stands for what hosts have in common (zone, instance type): only hosts of one stratum are compared.
    public var stratum: Int
    public var cohort: Cohort
    /// How long ago the change reached the host (or its process was restarted, for a control).
    public var age: Period

    public init(host: Int, stratum: Int = 0, cohort: Cohort, age: Period = .hours(24)) {
        self.host = host
        self.stratum = stratum
        self.cohort = cohort
        self.age = age
    }
}

/// Who has the change.
public enum Cohort: String, Hashable, Codable, Sendable, CaseIterable {
    case canary
    case baseline
    /// Baseline hosts that were restarted together with the canary, so that both are equally cold.
    case control
}

public struct HostEvents: Hashable, Sendable {
    public var place: HostPlace
    public var bad: Double
    /// All events, or the exposure (host-seconds).
    public var total: Double

    public init(_ place: HostPlace, bad: Double, total: Double) {
        self.place = place
        self.bad = bad
        self.total = total
    }
}

public struct HostDurations: Hashable, Sendable {
    public var place: HostPlace
    /// How many fell into each bucket, each counted once.
    public var counts: [Double]

    public init(_ place: HostPlace, counts: [Double]) {
        self.place = place
        self.counts = counts
    }
}

public struct HostGauge: Hashable, Sendable {
    public var place: HostPlace
    public var value: Double

    public init(_ place: HostPlace, value: Double) {
        self.place = place
        self.value = value
    }
}
