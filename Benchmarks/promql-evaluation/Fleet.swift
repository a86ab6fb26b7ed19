import Series

/// Series of a fleet in memory: counters, and classic histograms of latencies, one sample every 15 seconds.
struct Fleet: SeriesSet {
    private let series: [Labels]
    private let times: [Int64]
    private let values: [[Double]]
    private let after: Int64
    private let through: Int64

    /// `requests_total` of hosts with a version each.
    static func counters(_ count: Int, hours: Int) -> Fleet {
        let series = (0..<count).map { index in
            Labels([
                ("__name__", "requests_total"), ("service", "storefront"), ("version", "1.\(index % 4).0"),
                ("host", "web-\(index / 5)"), ("code", ["200", "201", "404", "500", "503"][index % 5]),
                ("instance", "10.0.\(index / 250).\(index % 250):8000"),
            ])
        }
        return Fleet(series, hours: hours) { index, sample in Double(sample * (1 + index % 97)) }
    }

    /// `latency_seconds_bucket` with 30 bounds a host.
    static func buckets(_ count: Int, hours: Int) -> Fleet {
        let bounds = (0..<29).map { "\(Double(1 << $0) / 1_000_000)" } + ["+Inf"]
        let series = (0..<count).map { index in
            Labels([
                ("__name__", "latency_seconds_bucket"), ("service", "storefront"), ("version", "1.\(index / 30 % 4).0"),
                ("host", "web-\(index / 30)"), ("le", bounds[index % 30]),
            ])
        }
        return Fleet(series, hours: hours) { index, sample in Double(sample * (index % 30 + 1)) }
    }

    static let end: Int64 = 1_600_000_000_000

    private init(_ series: [Labels], hours: Int, _ value: (Int, Int) -> Double) {
        let samples = hours * 240
        self.series = series
        times = (0..<samples).map { Fleet.end - Int64(samples - 1 - $0) * 15_000 - 37 }
        values = series.indices.map { index in (0..<samples).map { value(index, $0) } }
        after = .min
        through = .max
    }

    private init(_ fleet: Fleet, after: Int64, through: Int64) {
        series = fleet.series
        times = fleet.times
        values = fleet.values
        self.after = after
        self.through = through
    }

    func selected(_ request: SelectRequest) -> Fleet { Fleet(self, after: request.after, through: request.through) }

    var count: Int { series.count }

    func labels(_ index: Int) -> Labels { series[index] }

    func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
        let first = place(after)
        let end = place(through)
        buffer.times.append(contentsOf: times[first..<end])
        buffer.values.append(contentsOf: values[index][first..<end])
    }

    /// How many samples are not later than a time.
    private func place(_ time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
