import PromQL
import Rehearsal
import Series
import Values

/// Reads what the hosts of a rollout counted, tick by tick, by the query API.
struct RolloutMeasures {
    /// Whose counts: a host, with a version.
    struct Counter: Hashable {
        var host: String
        var version: String
    }

    let client: APIClient
    let service: String
    /// The ticks; the last one ends where the rollout does.
    let grid: TickGrid
    /// How many ticks are before the change.
    let before: Int

    /// So many ticks are asked for at once.
    private static let atOnce = 60

    /// Of a counter: what it rose by; `nil` where it was not there.
    func counts(_ selector: String) async throws -> [Counter: [Double?]] {
        var found: [Counter: [Double?]] = [:]
        for (series, counter) in try await ask(selector, by: "host, version") {
            var counts = found[counter] ?? [Double?](repeating: nil, count: grid.count)
            for point in series.values ?? [] {
                if let place = grid.place(point.seconds) { counts[place] = point.number.map { max(0, $0) } }
            }
            found[counter] = counts
        }
        return found
    }

    /// Of a histogram: how many fell into each bucket, by its upper edge in seconds.
    func durations(_ histogram: String) async throws -> [Counter: [[Double: Double]?]] {
        var found: [Counter: [[Double: Double]?]] = [:]
        func add(_ track: Recording.Track, _ counter: Counter) {
            guard case .durations(let edges, let ticks) = track else { return }
            let own = ticks.map { $0.map { Dictionary(zip(edges, $0)) { $0 + $1 } } }
            // What was asked for in several pieces: each says something of its own ticks.
            found[counter] = found[counter].map { zip($0, own).map { $1 ?? $0 } } ?? own
        }
        let classic = try await ask(BucketSelector.classic(histogram), by: "host, version, le")
        for (counter, series) in Dictionary(grouping: classic, by: \.1) {
            add(grid.durations(classic: series.map(\.0)), counter)
        }
        guard found.isEmpty else { return found }
        for (series, counter) in try await ask(histogram, by: "host, version") {
            add(grid.durations(native: series.histograms ?? []), counter)
        }
        return found
    }

    private func ask(_ selector: String, by labels: String) async throws -> [(MetricsAnswer.Series, Counter)] {
        var found: [(MetricsAnswer.Series, Counter)] = []
        for stretch in [0..<before, before..<grid.count] {
            // Before the change a series that is seen first may be as old as its process.
            let expression = try rise(selector, by: labels, countsNew: stretch.lowerBound == before)
            for first in stride(from: stretch.lowerBound, to: stretch.upperBound, by: RolloutMeasures.atOnce) {
                let last = min(stretch.upperBound, first + RolloutMeasures.atOnce) - 1
                for one in try await client.range(expression, from: end(first), through: end(last), step: grid.tick) {
                    guard let host = one.metric["host"], let version = one.metric["version"] else { continue }
                    found.append((one, Counter(host: host, version: version)))
                }
            }
        }
        return found
    }

    private func end(_ place: Int) -> Timestamp { grid.end - grid.tick * Int64(grid.count - 1 - place) }

    /// How far counters rose in the tick before each moment, to the last event: a series that is new begins at 0.
    private func rise(_ selector: String, by labels: String, countsNew: Bool) throws -> String {
        let tick = grid.tick
        let known = "last_over_time(\(selector)[1h] offset \(tick))"
        let rise = "increase(\(selector)[\(tick)] anchored)"
        let all = countsNew ? "((\(rise) and \(known)) or (\(selector) unless \(known)))" : rise
        do throws(PromQLError) {
            return try parse("sum by (\(labels)) (\(all))")
                .restricted(to: [LabelMatcher("service", .equal, service)]).description
        } catch {
            throw CommandFailure.failed("the selector '\(selector)' of \(service) is not valid: \(error)")
        }
    }
}
