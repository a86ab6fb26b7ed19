import Statistics
import Values

/// The rows of a tick, summed by stratum and by what each cohort is to be compared for.
///
/// Made once and filled anew at every tick, so that a tick allocates nothing.
struct CohortSums: Sendable {
    /// Canaries past their warm-up, against everyone who may be compared with them.
    private(set) var settled: [CohortCounts] = []
    /// Canaries in their first minutes, against the baseline.
    private(set) var young: [CohortCounts] = []
    /// Canaries in their first minutes, against controls of the same age.
    private(set) var youngWithControl: [CohortCounts] = []
    /// The two halves of the baseline: nothing but chance can tell them apart.
    private(set) var halves: [CohortCounts] = []
    private(set) var canary = Cohort()
    private(set) var baseline = Cohort()
    /// The baseline's hosts around their common rate.
    private(set) var scatter = Scatter()
    private(set) var coldTotal = 0.0
    /// Strata in which canaries had nobody to be compared with.
    private(set) var alone = 0
    private(set) var halfHosts = (0, 0)
    private(set) var youngestAge = Double.infinity
    private var strata: [Int] = []
    /// Where a stratum is, once there are too many to look for it.
    private var places: [Int: Int] = [:]

    /// A cohort's sums, over all strata.
    struct Cohort: Hashable, Sendable {
        var bad = 0.0
        var total = 0.0
        var hosts = 0
        /// Σ share² · variance: how unlike the cohort may be by chance.
        var spread = 0.0

        mutating func add(_ row: HostEvents, remaining: Double) {
            bad += row.bad
            total += row.total
            hosts += 1
            spread += row.total * row.total * remaining
        }

        /// The variance of the cohort's own factor on the rate.
        var variance: Double { total > 0 ? max(0, spread) / (total * total) : 0 }
    }

    /// How rows are to be told apart.
    struct Rules {
        var length: Double
        var warmUp: Double
        var control: Bool
        /// Whether hosts' own factors are known from before the change.
        var usesOffsets: Bool
    }

    private static let empty = CohortCounts(
        canaryEvents: 0, canaryExposure: 0, baselineEvents: 0, baselineExposure: 0)

    private mutating func clear() {
        settled.removeAll(keepingCapacity: true)
        young.removeAll(keepingCapacity: true)
        youngWithControl.removeAll(keepingCapacity: true)
        halves.removeAll(keepingCapacity: true)
        strata.removeAll(keepingCapacity: true)
        if !places.isEmpty { places.removeAll(keepingCapacity: true) }
        (canary, baseline, scatter) = (Cohort(), Cohort(), Scatter())
        (coldTotal, alone, halfHosts, youngestAge) = (0, 0, (0, 0), .infinity)
    }

    private mutating func place(of stratum: Int) -> Int {
        if strata.last == stratum { return strata.count - 1 }
        if strata.count <= 16 {
            if let place = strata.firstIndex(of: stratum) { return place }
        } else {
            if places.isEmpty { for (place, stratum) in strata.enumerated() { places[stratum] = place } }
            if let place = places[stratum] { return place }
            places[stratum] = strata.count
        }
        strata.append(stratum)
        settled.append(CohortSums.empty)
        young.append(CohortSums.empty)
        youngWithControl.append(CohortSums.empty)
        halves.append(CohortSums.empty)
        return strata.count - 1
    }

    mutating func sum(_ rows: [HostEvents], by rules: Rules, history: HostHistory) {
        clear()
        let youth = rules.control ? Protections.youthWithControl : Protections.youth
        for row in rows where row.isSound {
            let index = place(of: row.place.stratum)
            let host = history.factor(row.place.host)
            let worth = rules.usesOffsets ? row.total * host.offset : row.total
            switch row.place.cohort {
            case .canary:
                canary.add(row, remaining: host.remaining)
                addCanary(row, worth, index, youth: youth, rules)
            case .control where rules.control:
                baseline.add(row, remaining: host.remaining)
                addControl(row, worth, index)
            case .baseline, .control:
                baseline.add(row, remaining: host.remaining)
                addBaseline(row, worth, index)
            }
        }
        if rules.control { keepToControls() }
        for index in settled.indices where settled[index].canaryExposure > 0 || young[index].canaryExposure > 0 {
            if settled[index].baselineExposure <= 0 && young[index].baselineExposure <= 0 { alone += 1 }
        }
    }

    private mutating func addCanary(
        _ row: HostEvents, _ worth: Double, _ index: Int, youth: Double, _ rules: Rules
    ) {
        let age = Double(row.place.age.milliseconds) / 1000
        youngestAge = min(youngestAge, age)
        if age - rules.length >= rules.warmUp - 0.001 {
            settled[index].canaryEvents += row.bad
            settled[index].canaryExposure += worth
        } else {
            coldTotal += row.total
        }
        guard age <= youth else { return }
        young[index].canaryEvents += row.bad
        young[index].canaryExposure += worth
        youngWithControl[index].canaryEvents += row.bad
        youngWithControl[index].canaryExposure += worth
    }

    private mutating func addControl(_ row: HostEvents, _ worth: Double, _ index: Int) {
        youngWithControl[index].baselineEvents += row.bad
        youngWithControl[index].baselineExposure += worth
        settled[index].baselineEvents += row.bad
        settled[index].baselineExposure += worth
    }

    private mutating func addBaseline(_ row: HostEvents, _ worth: Double, _ index: Int) {
        settled[index].baselineEvents += row.bad
        settled[index].baselineExposure += worth
        young[index].baselineEvents += row.bad
        young[index].baselineExposure += worth
        if row.place.cohort == .baseline { scatter.add(events: row.bad, exposure: worth) }
        if row.place.host & 1 == 0 {
            halves[index].canaryEvents += row.bad
            halves[index].canaryExposure += worth
            halfHosts.0 += 1
        } else {
            halves[index].baselineEvents += row.bad
            halves[index].baselineExposure += worth
            halfHosts.1 += 1
        }
    }

    /// While canaries are as young as the controls, only those are like them.
    private mutating func keepToControls() {
        guard youngestAge <= Protections.youthWithControl else { return }
        for index in settled.indices where youngWithControl[index].baselineExposure > 0 {
            settled[index].baselineEvents = youngWithControl[index].baselineEvents
            settled[index].baselineExposure = youngWithControl[index].baselineExposure
        }
    }
}

/// Working space is no part of what a value is.
extension CohortSums: Hashable {
    static func == (_: CohortSums, _: CohortSums) -> Bool { true }
    func hash(into _: inout Hasher) {}
}

extension HostEvents {
    /// Counts that can be: finite, not negative.
    var isSound: Bool { bad >= 0 && total > 0 && bad < .infinity && total < .infinity }
}
