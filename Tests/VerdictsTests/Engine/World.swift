import Specs
import TestChance
import Values
import Verdicts

/// A small fleet under traffic: what an engine is fed with, and what is wrong with the canary.
struct World {
    var hosts = 6
    var canaries = 1
    var zones = 1
    /// Requests a second of each host.
    var traffic = 20.0
    var errors = 0.005
    /// How much worse the canary is.
    var worse = 1.0
    var slower = 1.0
    /// By host: how much worse it has always been.
    var unlike: [Int: Double] = [:]
    /// By host: how much slower it has always been.
    var slowerHosts: [Int: Double] = [:]
    /// While it lasts, everyone (or one zone) has so many times as many errors.
    var incident: (from: Int, to: Int, factor: Double, zone: Int?)?
    /// For so many seconds new processes have three times the errors and the latency.
    var cold = 0
    var hasControl = false
    var onset = 0
    var lots: Lots
    var checks = World.bothChecks
    var before = 0

    static let errorCheck = CheckSpec(
        name: "errors", kind: .ratio(bad: "bad", total: "all"),
        tolerate: Tolerance(relative: 1.25, absolute: Percentage(0.05)))
    static let latencyCheck = CheckSpec(name: "latency", kind: .latency(histogram: "seconds"))
    static let bothChecks = [errorCheck, latencyCheck]
    static let edges: [Double] = (0..<24).map { power(1.25, $0) * 0.01 } + [.infinity]

    init(seed: UInt64) { lots = Lots(seed: seed) }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }

    func engine(control: Bool? = nil) -> VerdictEngine {
        VerdictEngine(
            VerdictEngine.Configuration(
                checks: checks, planned: .minutes(40), tick: .seconds(5), control: control ?? hasControl))
    }

    /// The tick that ends at this second.
    mutating func tick(_ second: Int) -> Tick {
        var events: [HostEvents] = []
        var durations: [HostDurations] = []
        for host in 0..<hosts {
            let isCanary = host < canaries && second > 0
            let isControl = hasControl && !isCanary && host < 2 * canaries && second > 0
            let age = isCanary || isControl ? Period.seconds(Int64(second)) : .hours(10)
            let place = HostPlace(
                host: host, stratum: host % zones, cohort: isCanary ? .canary : isControl ? .control : .baseline,
                age: age)
            var chance = errors * (unlike[host] ?? 1)
            var factor = slowerHosts[host] ?? 1
            if let incident, incident.from <= second, second < incident.to,
                incident.zone ?? (host % zones) == host % zones
            {
                chance *= incident.factor
            }
            if isCanary, second > onset { (chance, factor) = (chance * worse, factor * slower) }
            if (isCanary || isControl), second <= cold { (chance, factor) = (chance * 3, factor * 3) }
            let all = lots.poisson(traffic * 5)
            events.append(HostEvents(place, bad: lots.successes(of: all, chance: min(0.9, chance)), total: all))
            durations.append(HostDurations(place, counts: latencies(min(all, 100), factor)))
        }
        return Tick(
            at: Timestamp(milliseconds: Int64(second) * 1000), length: .seconds(5), startsWave: second == 5,
            isBefore: second <= 0,
            samples: checks.map { check in
                if case .latency = check.kind { return .durations(edges: World.edges, durations) }
                return .events(events)
            })
    }

    private mutating func latencies(_ count: Double, _ factor: Double) -> [Double] {
        var counts = World.edges.map { _ in 0.0 }
        for _ in 0..<Int(count) {
            // Of a few equally likely durations: enough of a spread, and no transcendental function.
            let steps = Int(lots.next() % 9)
            let value = 0.02 * World.power(1.35, steps) * factor * (0.9 + 0.2 * lots.part())
            counts[World.edges.firstIndex { value <= $0 } ?? World.edges.count - 1] += 1
        }
        return counts
    }

    /// Runs to the end or to the first `fail`.
    /// - Returns: what was said first, and when.
    mutating func run(seconds: Int) -> (verdict: Verdict, at: Int, engine: VerdictEngine) {
        var engine = engine()
        var passed: Int?
        for second in stride(from: 5 - before, through: seconds, by: 5) {
            engine.observe(tick(second))
            switch engine.verdict {
            case .fail: return (.fail, second, engine)
            case .pass: passed = passed ?? second
            case .undecided: break
            }
        }
        return (passed == nil ? .undecided : .pass, passed ?? seconds, engine)
    }
}
