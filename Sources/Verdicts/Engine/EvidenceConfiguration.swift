import Specs
import Statistics

/// What one check's evidence is collected by.
struct EvidenceConfiguration: Hashable, Sendable {
    var tolerate: Tolerance
    /// Seconds.
    var warmUp: Double
    var tick: Double
    var plannedTicks: Int
    var waves: Int
    var control: Bool
    var minimumEvents = 0

    /// The regression that a pass excludes, as a factor on the baseline.
    var excluded: Double { max(Protections.excluded, tolerate.relative * Protections.excludedOverMargin) }

    /// The share of a check of events that is kept for crashes in the warm-up.
    var crashShare: Double { control ? Protections.crashShareWithControl : Protections.crashShare }

    func onsets() -> OnsetShares {
        let start = waves > 1 ? Protections.onsetAtStartWithWaves : Protections.onsetAtStart
        return OnsetShares(
            plannedTicks: plannedTicks, waves: waves, start: start,
            wave: waves > 1 ? Protections.onsetAtWaves : 0, tick: Protections.onsetAtTicks)
    }

    /// Hosts may fall apart at any time; the sentinel looks once in half a minute.
    func sentinelOnsets() -> OnsetShares {
        let looks = Double(plannedTicks) * tick / Protections.collectedSeconds
        return OnsetShares(
            plannedTicks: max(1, Int(clamping: looks)), waves: 1, start: 0.3, wave: 0, tick: 0.7)
    }
}

extension CohortCounts {
    mutating func add(_ other: CohortCounts) {
        canaryEvents += other.canaryEvents
        canaryExposure += other.canaryExposure
        baselineEvents += other.baselineEvents
        baselineExposure += other.baselineExposure
    }

    var swapped: CohortCounts {
        CohortCounts(
            canaryEvents: baselineEvents, canaryExposure: baselineExposure, baselineEvents: canaryEvents,
            baselineExposure: canaryExposure)
    }

    var numbers: [Double] { [canaryEvents, canaryExposure, baselineEvents, baselineExposure] }

    init(numbers: [Double]) {
        self.init(
            canaryEvents: numbers[0], canaryExposure: numbers[1], baselineEvents: numbers[2],
            baselineExposure: numbers[3])
    }
}

extension Int {
    /// The nearest whole number; 0 for what is none.
    init(clamping number: Double) { self = Int(exactly: number.rounded()) ?? 0 }
}
