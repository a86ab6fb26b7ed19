import PromQL
import Rehearsal
import Series
import Specs
import Values

/// Reads what a service's checks counted in its past, by the query API.
struct RecordingReader {
    let client: APIClient
    let service: String
    let tick: Period
    /// How long each stretch is.
    let length: Period

    /// So many stretches are spread over the past: enough for nights and days, and quickly read.
    static let mostStretches = 24

    /// The stretches of the past, newest last; they do not overlap.
    func ends(_ history: Period, now: Timestamp) -> [Timestamp] {
        let fitting = max(1, Int(history.milliseconds / max(1, length.milliseconds)))
        let count = min(RecordingReader.mostStretches, fitting)
        return (0..<count).map { index in
            now
                - Period(
                    milliseconds: (history.milliseconds - length.milliseconds) * Int64(index) / Int64(max(1, count)))
        }.reversed()
    }

    func read(_ checks: [CheckSpec], ends: [Timestamp], progress: (Int) -> Void) async throws -> Recording {
        var stretches: [Recording.Stretch] = []
        for (index, end) in ends.enumerated() {
            var stretch: Recording.Stretch = []
            for check in checks { stretch.append(try await track(check, end)) }
            stretches.append(stretch)
            progress(index + 1)
        }
        return Recording(tick: tick, checks: checks, stretches: stretches)
    }

    private var ticks: Int { Int(length.milliseconds / tick.milliseconds) }

    private func track(_ check: CheckSpec, _ end: Timestamp) async throws -> Recording.Track {
        switch check.kind {
        case .ratio(let bad, let total), .peers(let bad, let total), .slo(let bad, let total, _):
            return .events(events(try await count(bad, end), of: try await count(total, end)))
        case .rate(let counted, let per):
            let found = try await count(counted, end)
            let exposure =
                if let per { try await count(per, end) } else {
                    try await values("count(up{service=\"\(service)\"} == 1)", end).map { $0.map { $0 * tick.seconds } }
                }
            return .events(events(found, of: exposure, isShare: false))
        case .latency(let histogram): return try await durations(histogram, end)
        case .gauge, .guardrail, .web: return .events([])
        }
    }

    private func events(_ bad: [Double?], of total: [Double?], isShare: Bool = true) -> [Recording.Events?] {
        zip(bad, total).map { bad, total in
            // A counter of bad events that was never raised may not be shown at all.
            total.map { Recording.Events(bad: isShare ? min(bad ?? 0, $0) : bad ?? 0, total: $0) }
        }
    }

    // MARK: Queries

    /// How often a counter rose in each tick, over all hosts.
    private func count(_ selector: String, _ end: Timestamp) async throws -> [Double?] {
        try await values("sum(\(try rate(selector)))", end).map { $0.map { $0 * tick.seconds } }
    }

    private func rate(_ selector: String) throws -> String {
        do throws(PromQLError) {
            return try parse("rate(\(selector)[\(tick)])")
                .restricted(to: [LabelMatcher("service", .equal, service)]).description
        } catch {
            throw CommandFailure.failed("the selector '\(selector)' of \(service) is not valid: \(error)")
        }
    }

    private func values(_ expression: String, _ end: Timestamp) async throws -> [Double?] {
        let series = try await ask(expression, end)
        var values = [Double?](repeating: nil, count: ticks)
        for point in series.first?.values ?? [] {
            if let place = grid(end).place(point.seconds) { values[place] = point.number.map { max(0, $0) } }
        }
        return values
    }

    private func grid(_ end: Timestamp) -> TickGrid { TickGrid(end: end, tick: tick, count: ticks) }

    private func ask(_ expression: String, _ end: Timestamp) async throws -> [MetricsAnswer.Series] {
        try await client.range(expression, from: end - tick * Int64(ticks - 1), through: end, step: tick)
    }

    // MARK: Histograms

    private func durations(_ histogram: String, _ end: Timestamp) async throws -> Recording.Track {
        let classic = try await ask("sum by (le) (\(try rate(BucketSelector.classic(histogram))))", end)
        if !classic.isEmpty { return grid(end).durations(classic: classic) }
        let native = try await ask("sum(\(try rate(histogram)))", end)
        return grid(end).durations(native: native.first?.histograms ?? [])
    }
}
