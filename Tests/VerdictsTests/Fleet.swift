import HalcyonTesting
import Series
import Values

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

/// A fleet's metrics for tests, scraped every five seconds.
struct Fleet: Queryable {
    var series: [SeriesSamples] = []

    func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        try HeldSeries(series).series(request)
    }

    /// Counters of one host that rise evenly from 0 at `from`.
    mutating func add(
        _ host: String, _ version: String, from: Int64, through: Int64, requests: Double, bad: Double,
        startedAt: Int64? = nil, up: Double = 1
    ) {
        let times = Array(stride(from: from, through: through, by: 5))
        func counter(_ code: String, _ count: Double) -> SeriesSamples {
            let samples = times.map { time in
                let share = times.count == 1 ? 1 : Double(time - from) / Double(through - from)
                return Sample(at: at(time), value: (count * share).rounded())
            }
            return SeriesSamples(
                labels: labels("requests_total", host, version, ["code": code]), startedAt: at(startedAt ?? from),
                samples: samples)
        }
        series.append(counter("200", requests - bad))
        series.append(counter("500", bad))
        addUp(host, version, times, up)
    }

    mutating func addUp(_ host: String, _ version: String, _ times: [Int64], _ value: Double = 1) {
        series.append(
            SeriesSamples(
                labels: labels("up", host, version, [:]), samples: times.map { Sample(at: at($0), value: value) }))
    }

    func labels(_ name: String, _ host: String, _ version: String, _ more: [String: String]) -> [String: String] {
        ["__name__": name, "service": "storefront", "version": version, "host": host, "instance": "\(host)/\(version)"]
            .merging(more) { first, _ in first }
    }
}
