import MetricsFormats

/// The remote-write bodies of a fleet: hosts with 120 series each, of which 100 are counters and histogram buckets, 18 gauges and sums of
/// few digits, and two noise of full precision.
struct Fleet {
    private struct Host {
        var labels: [[UInt8]] = []
        var values: [Double]
        var rate: Double
    }

    private var hosts: [Host] = []
    private var state: UInt64 = 88_172_645_463_325_252
    static let seriesPerHost = 120

    init(hosts count: Int) {
        for number in 0..<count {
            var host = Host(values: [], rate: 1 + Double(number % 40))
            for series in 0..<Fleet.seriesPerHost {
                host.labels.append(Fleet.labels(number, series))
                host.values.append(Double(random() % 1_000_000))
            }
            hosts.append(host)
        }
    }

    private mutating func random() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    private static func labels(_ host: Int, _ series: Int) -> [UInt8] {
        let metric =
            switch series {
            case ..<40: "http_requests_total"
            case ..<100: "http_request_duration_seconds_bucket"
            default: "runtime_figure_\(series)"
            }
        var bytes: [UInt8] = []
        for (name, value) in [
            ("__name__", metric), ("instance", "web-host-\(host).dc\(host % 3).example.com:9100"), ("job", "web"),
            ("region", "eu-west-\(host % 4)"), ("series", "\(series)"), ("service", "web"),
            ("version", host % 20 == 0 ? "2.4.1-rc1+g8c1d2e3" : "2.4.0+g1a2b3c4"),
        ] {
            var label: [UInt8] = []
            append(1, Array(name.utf8), to: &label)
            append(2, Array(value.utf8), to: &label)
            append(1, label, to: &bytes)
        }
        return bytes
    }

    private static func append(_ field: UInt8, _ value: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(UInt64(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var number = number
        while number > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        bytes.append(UInt8(number))
    }

    private mutating func step(_ host: Int) {
        for series in 0..<Fleet.seriesPerHost {
            switch series {
            case ..<100:
                let expected = hosts[host].rate * (series % 7 == 0 ? 4 : 0.3)
                hosts[host].values[series] += Double(random() % UInt64(expected * 2 + 1))
            case ..<102: hosts[host].values[series] = Double(random() >> 11) * 0x1p-53
            case ..<110: hosts[host].values[series] = Double(random() % 10_000) / 100
            default: if random() % 3 == 0 { hosts[host].values[series] += Double(random() % 5) }
            }
        }
    }

    /// The bodies of one moment, packed, each with 2,000 samples at most.
    mutating func bodies(at time: Int64) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        var body: [UInt8] = []
        var count = 0
        for host in hosts.indices {
            step(host)
            for series in 0..<Fleet.seriesPerHost {
                var sample: [UInt8] = [0x09]
                withUnsafeBytes(of: hosts[host].values[series].bitPattern.littleEndian) {
                    sample.append(contentsOf: $0)
                }
                sample.append(0x10)
                Fleet.append(UInt64(time + Int64(host * 37 % 15_000)), to: &sample)
                var entry = hosts[host].labels[series]
                Fleet.append(2, sample, to: &entry)
                Fleet.append(1, entry, to: &body)
                count += 1
                if count == 2000 {
                    bodies.append(Snappy.encode(body))
                    body.removeAll(keepingCapacity: true)
                    count = 0
                }
            }
        }
        if count > 0 { bodies.append(Snappy.encode(body)) }
        return bodies
    }
}
