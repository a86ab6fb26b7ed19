import Specs
import Values
import Verdicts

/// Shares out what was recorded of a whole fleet among its blocks of hosts, as chance would, and makes the canary worse.
struct CohortSplit: Sendable {
    let blocks: [RehearsedPlan.Block]
    let tick: Period
    let checks: [CheckSpec]
    let regression: Regression?
    /// By check: the buckets of a stretch are its own.
    private var shifts: [Int: LatencyShift] = [:]
    private var slow: [Int: SlowRequests] = [:]

    /// Which side a block is on, and how long ago it was started with what it runs.
    struct Standing: Hashable, Sendable {
        var cohort = Cohort.baseline
        var age = Period.hours(24)
    }

    private let stretch: Recording.Stretch

    /// - Parameter stretch: the place of the stretch that is shared out.
    init(_ plan: RehearsedPlan, _ recording: Recording, _ regression: Regression?, stretch: Int = 0) {
        blocks = plan.blocks
        tick = recording.tick
        checks = recording.checks
        self.stretch = recording.stretches[stretch]
        self.regression = regression
        for check in regression?.checks ?? [] {
            guard case .durations(let edges, let ticks) = self.stretch[check] else { continue }
            if case .factor(let factor)? = regression?.size {
                shifts[check] = LatencyShift(edges: edges, factor: factor)
            }
            slow[check] = SlowRequests(ticks)
        }
    }

    /// What one tick of the recording looks like with the cohorts as they are.
    ///
    /// - Parameters:
    ///   - standing: block by block.
    ///   - served: counts the canary's requests, and its bad ones, of the check that the regression is about.
    func samples(
        at place: Int, _ standing: [Standing], _ dice: inout SeededGenerator, served: inout Served
    ) -> [CheckSample] {
        stretch.indices.map { check in
            let worse = regression.flatMap { $0.checks.contains(check) ? $0.size : nil }
            let isFirst = regression?.checks.first == check
            switch stretch[check] {
            case .events(let ticks):
                guard let tick = ticks[place] else { return .missing("nothing was recorded then") }
                let rows = events(tick, isShare: !isRate(check), worse, standing, &dice)
                if isFirst { served.add(rows) }
                return .events(rows)
            case .durations(let edges, let ticks):
                guard let counts = ticks[place] else { return .missing("nothing was recorded then") }
                let rows = durations(counts, worse == nil ? nil : shifts[check], standing, &dice)
                if isFirst, let slow = slow[check] { served.add(rows, slow) }
                return .durations(edges: edges, rows)
            }
        }
    }

    private func isRate(_ check: Int) -> Bool {
        if case .rate = checks[check].kind { true } else { false }
    }

    private func place(_ block: Int, _ standing: [Standing]) -> HostPlace {
        HostPlace(host: block, cohort: standing[block].cohort, age: standing[block].age)
    }

    private func events(
        _ tick: Recording.Events, isShare: Bool, _ worse: Regression.Size?, _ standing: [Standing],
        _ dice: inout SeededGenerator
    ) -> [HostEvents] {
        var good = isShare ? dice.rounded(max(0, tick.total - tick.bad)) : 0
        var bad = dice.rounded(tick.bad)
        var left = 1.0
        var rows: [HostEvents] = []
        for (index, block) in blocks.enumerated() {
            let share = min(1, block.share / max(left, 1e-12))
            var (ownGood, ownBad) = (dice.binomial(good, share), dice.binomial(bad, share))
            (good, bad, left) = (good - ownGood, bad - ownBad, left - block.share)
            if let worse, standing[index].cohort == .canary {
                switch worse {
                case .factor(let factor):
                    // The canary's own bad events, so many times: drawn anew, from as many times as many.
                    let all = ownGood + ownBad
                    ownBad = dice.binomial(dice.rounded(tick.bad * factor), min(1, block.share))
                    if isShare {
                        ownBad = min(ownBad, all)
                        ownGood = all - ownBad
                    }
                case .share(let share):
                    let turned = dice.binomial(ownGood, share)
                    (ownGood, ownBad) = (ownGood - turned, ownBad + turned)
                }
            }
            // A rate's exposure is shared out evenly: it is hosts and seconds, or what another counter counts.
            let total = isShare ? ownGood + ownBad : tick.total * block.share
            rows.append(HostEvents(place(index, standing), bad: ownBad, total: total))
        }
        return rows
    }

    private func durations(
        _ counts: [Double], _ shift: LatencyShift?, _ standing: [Standing], _ dice: inout SeededGenerator
    ) -> [HostDurations] {
        var left = counts.map { dice.rounded($0) }
        var rest = 1.0
        return blocks.enumerated().map { index, block in
            let share = min(1, block.share / max(rest, 1e-12))
            rest -= block.share
            var own = left.map { dice.binomial($0, share) }
            for bucket in left.indices { left[bucket] -= own[bucket] }
            if let shift, standing[index].cohort == .canary { own = shift.moved(own, &dice) }
            return HostDurations(place(index, standing), counts: own)
        }
    }
}

/// What the canary has answered so far.
struct Served: Hashable, Sendable {
    var requests = 0.0
    var bad = 0.0

    mutating func add(_ rows: [HostEvents]) {
        for row in rows where row.place.cohort == .canary { (requests, bad) = (requests + row.total, bad + row.bad) }
    }

    mutating func add(_ rows: [HostDurations], _ slow: SlowRequests) {
        for row in rows where row.place.cohort == .canary {
            (requests, bad) = (requests + row.counts.reduce(0, +), bad + slow.count(in: row.counts))
        }
    }
}
