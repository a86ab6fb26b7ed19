public import Specs
public import Values

/// What a service's checks counted, over all of its hosts, in stretches of its past.
public struct Recording: Hashable, Sendable {
    /// What was counted in one tick, over all hosts.
    public struct Events: Hashable, Sendable {
        /// Events that went wrong; for a rate, the events.
        public var bad: Double
        /// All events; for a rate, hosts and seconds, or the other counter's events.
        public var total: Double

        public init(bad: Double, total: Double) {
            self.bad = bad
            self.total = total
        }
    }

    /// One check in one stretch, tick by tick; `nil` where nothing was recorded.
    public enum Track: Hashable, Sendable {
        case events([Events?])
        /// How many took so long, by bucket: `edges` are upper bounds in seconds, ascending, the last one infinite.
        case durations(edges: [Double], [[Double]?])

        var count: Int {
            switch self {
            case .events(let ticks): return ticks.count
            case .durations(_, let ticks): return ticks.count
            }
        }

        /// Ticks in which something happened.
        var eventful: [Int] {
            switch self {
            case .events(let ticks): return ticks.indices.filter { (ticks[$0]?.total ?? 0) > 0 }
            case .durations(_, let ticks): return ticks.indices.filter { ticks[$0]?.contains { $0 > 0 } ?? false }
            }
        }

        func cut(to range: Range<Int>) -> Track {
            let range = range.clamped(to: 0..<count)
            switch self {
            case .events(let ticks): return .events(Array(ticks[range]))
            case .durations(let edges, let ticks): return .durations(edges: edges, Array(ticks[range]))
            }
        }
    }

    /// A stretch without gaps in time: a track for each check, all of the same length.
    public typealias Stretch = [Track]

    /// How long a tick is: the same for all.
    public var tick: Period
    /// What the tracks belong to, in their order.
    public var checks: [CheckSpec]
    /// Pieces of the past, of any lengths; a rehearsed rollout is set into one of them.
    public var stretches: [Stretch]

    /// Stretches in which nothing at all happened are left out, and so is what lies before the first event of a stretch, or
    /// after its last: the service was not there then.
    public init(tick: Period, checks: [CheckSpec], stretches: [Stretch]) {
        self.tick = tick
        self.checks = checks
        self.stretches = stretches.filter { $0.count == checks.count }.compactMap { stretch in
            let eventful = stretch.flatMap(\.eventful)
            guard let first = eventful.min(), let last = eventful.max() else { return nil }
            return stretch.map { $0.cut(to: first..<last + 1) }
        }
    }

    /// How much of the past there is.
    public var length: Period { tick * Int64(stretches.reduce(0) { $0 + ($1.first?.count ?? 0) }) }

    /// What happens in a second, on average: for people. `nil` for a check of durations without any, or when nothing was recorded.
    public func average(_ check: Int) -> (total: Double, bad: Double?)? {
        var (bad, total, ticks) = (0.0, 0.0, 0.0)
        var isCounted = false
        for stretch in stretches {
            switch stretch[check] {
            case .events(let events):
                isCounted = true
                for case let tick? in events { (bad, total, ticks) = (bad + tick.bad, total + tick.total, ticks + 1) }
            case .durations(_, let counts):
                for case let tick? in counts { (total, ticks) = (total + tick.reduce(0, +), ticks + 1) }
            }
        }
        guard ticks > 0 else { return nil }
        let seconds = ticks * tick.seconds
        return (total / seconds, isCounted ? bad / seconds : nil)
    }
}
