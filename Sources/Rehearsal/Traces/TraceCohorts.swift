import Values
import Verdicts

/// Who is in which cohort of a trace, and since when.
struct TraceCohorts {
    private var hosts: [String: Int] = [:]
    private var zones: [String: Int] = [:]
    /// By host: when it came into the cohort that it is in; none of the baseline's.
    private var joined: [Int: (cohort: Cohort, at: Double)] = [:]
    /// When a host got the change last (seconds).
    private var changed: Double?
    private var isStratified = true

    /// Hosts that get the change within so many seconds of another one belong to the same wave.
    private static let sameWave = 60.0

    /// Where the rows of a tick come from, in their order.
    mutating func places(
        _ rows: [TraceRow], at time: Double, length: Double
    ) -> (places: [HostPlace], startsWave: Bool) {
        var (places, starts, isChanged) = ([HostPlace](), false, false)
        places.reserveCapacity(rows.count)
        for row in rows {
            // Before the change every host runs the old version.
            let cohort = time <= 0 ? .baseline : Cohort(rawValue: row.cohort) ?? .baseline
            let key = number(row.host, &hosts)
            if cohort == .baseline {
                joined[key] = nil
            } else if joined[key]?.cohort != cohort {
                joined[key] = (cohort, time - length)
                if cohort == .canary {
                    starts = starts || changed.map { time - $0 > TraceCohorts.sameWave } ?? false
                    isChanged = true
                }
            }
            let age = joined[key].map { Period(milliseconds: Int64(((time - $0.at) * 1000).rounded())) }
            places.append(
                HostPlace(host: key, stratum: number(row.zone, &zones), cohort: cohort, age: age ?? .hours(24)))
        }
        if isChanged { changed = time }
        let cohorts = Set(places.map(\.cohort))
        // A tick in which one side is silent says nothing of the other's zones.
        if cohorts.count > 1, cohorts.contains(.canary) { isStratified = places.sharesAStratum }
        return (isStratified || time <= 0 ? places : places.map(\.withoutStratum), starts)
    }

    private func number(_ name: String, _ known: inout [String: Int]) -> Int {
        let number = known[name] ?? known.count
        known[name] = number
        return number
    }
}
