import PromQL
import Series
import Specs
import Values

extension TickScene {
    /// What every check is given, and the buckets of native histograms.
    func read(_ checks: [CheckSpec], data: any Queryable) -> (tick: Tick, layouts: [String: BucketLayout]) {
        var layouts = layouts
        let samples = checks.map { sample($0, &layouts, data) }
        return (
            Tick(at: through, length: length, startsWave: startsWave, isBefore: isBefore, samples: samples), layouts
        )
    }

    /// The same when the hosts do not show what they should: only what looks at no host of its own is judged.
    func readWithout(_ reason: String, _ checks: [CheckSpec], data: any Queryable) -> Tick {
        let samples = checks.map { check -> CheckSample in
            guard case .guardrail(let expression) = check.kind else { return .missing(reason) }
            return guardrail(check.name, expression, data)
        }
        return Tick(at: now, length: interval, samples: samples)
    }

    private func sample(
        _ check: CheckSpec, _ layouts: inout [String: BucketLayout], _ data: any Queryable
    ) -> CheckSample {
        do throws(DataProblem) {
            switch check.kind {
            case .ratio(let bad, let total):
                let rows = try events(bad: bad, total: total, data: data)
                return .events(rows + standIn(check.name, rows))
            case .slo(let bad, let total, _):
                let rows = try events(bad: bad, total: total, data: data)
                return .events(isComparedWithBefore ? rows + standIn(check.name, rows) : rows)
            case .peers(let bad, let total):
                return .events(try events(bad: bad, total: total, data: data))
            case .web:
                let rows = try probes(check.name, data)
                return .events(rows + standIn(check.name, rows))
            case .rate(let events, let per):
                let rows = try rates(events: events, per: per, data: data)
                return .events(isComparedWithBefore ? rows + standIn(check.name, rows, most: .infinity) : rows)
            case .latency(let histogram):
                let found = try durations(histogram, known: layouts[check.name], data: data)
                layouts[check.name] = found.layout
                return .durations(edges: found.edges, found.rows + standIn(check.name, found))
            case .gauge(let expression):
                return .gauges(try gauges(expression, data: data))
            case .guardrail(let expression):
                return isBefore ? .missing("nobody has the change yet") : guardrail(check.name, expression, data)
            }
        } catch {
            return .missing(error.reason)
        }
    }

    private func guardrail(_ name: String, _ expression: String, _ data: any Queryable) -> CheckSample {
        do throws(DataProblem) {
            return .comparison(try judgeGuardrail(name, expression, at: now, data: data))
        } catch {
            return .missing(error.reason)
        }
    }

    /// The answers that the control plane's own requests got.
    private func probes(_ check: String, _ data: any Queryable) throws(DataProblem) -> [HostEvents] {
        let all = [
            LabelMatcher(Labels.metricName, .equal, WebCheckSeries.name), LabelMatcher("check", .equal, check),
        ]
        let bad = all + [LabelMatcher("answer", .equal, WebCheckSeries.wrong)]
        return try events(bad: bad, total: all, named: "answers yet to the requests of \(check)", data: data)
    }

    /// Nobody has the version before any more: where the plan says so, what it did earlier in this rollout stands in for it, at twice
    /// its rate, because the hour may be another.
    private func standIn(_ check: String, _ rows: [HostEvents], most: Double = 1) -> [HostEvents] {
        guard withoutBaseline == .rollback, isAlone, let known = earlier[check], known.total > 0 else { return [] }
        let total = rows.reduce(0) { $0 + $1.total }
        // No lower than the data of then allow.
        let rate = (known.bad + 2 * known.bad.squareRoot() + 3) / known.total
        let place = HostPlace(host: -1, stratum: TickScene.noStratum, cohort: .baseline)
        return total > 0 ? [HostEvents(place, bad: min(most, 2 * rate) * total, total: total)] : []
    }

    /// The same for durations.
    private func standIn(_ check: String, _ found: DurationRows) -> [HostDurations] {
        guard !isBefore, isComparedWithBefore, let known = durationsBefore[check], known.fits(found.edges) else {
            return []
        }
        let total = found.rows.reduce(0) { $0 + $1.counts.reduce(0, +) }
        let place = HostPlace(host: -1, stratum: TickScene.noStratum, cohort: .baseline)
        return known.standIn(total: total).map { [HostDurations(place, counts: $0)] } ?? []
    }

    /// Hosts without zone and type are of this stratum.
    static let noStratum = 0
}

/// The counter in which the answers to web checks are kept, with the labels service, version, host, check and answer.
public enum WebCheckSeries {
    /// The metric's name.
    public static let name = "halcyon_web_check_answers_total"
    /// The label `answer` of one that was as expected.
    public static let right = "right"
    /// The label `answer` of every other, and of none in time.
    public static let wrong = "wrong"
}
