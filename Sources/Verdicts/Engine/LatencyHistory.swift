import Statistics

/// How much slower than the others each host was before it had the change.
struct LatencyHistory: Hashable, Sendable {
    private(set) var hosts: [Int: LogMoments] = [:]
    private var offsets: [Int: Double] = [:]
    /// Between hosts, what the offsets do not explain.
    private(set) var spread = 0.0
    private var isStale = true

    static func == (left: LatencyHistory, right: LatencyHistory) -> Bool { left.hosts == right.hosts }
    func hash(into hasher: inout Hasher) { hasher.combine(hosts) }

    mutating func observe(_ host: Int, _ counts: [Double], centres: [Double]) {
        guard hosts[host] != nil || hosts.count < HostHistory.limit else { return }
        hosts[host, default: LogMoments()].add(counts, centres: centres)
        isStale = true
    }

    /// Hosts' means around the common one; those with few requests are drawn towards it.
    mutating func settle() {
        guard isStale else { return }
        isStale = false
        offsets = [:]
        spread = 0
        let known = hosts.filter { $0.value.count >= 10 }
        guard known.count >= 3 else { return }
        var all = LogMoments()
        for moments in known.values.sorted(by: { $0.sum < $1.sum }) { all.add(moments) }
        let within = max(1e-6, all.variance)
        let order = known.keys.sorted()
        var between = 0.0
        for host in order {
            guard let moments = known[host] else { continue }
            let away = moments.mean - all.mean
            between += away * away - within / moments.count
        }
        spread = max(0, between / Double(order.count - 1)).squareRoot()
        let variance = spread * spread
        for host in order {
            guard let moments = known[host] else { continue }
            let noise = within / moments.count
            offsets[host] = (moments.mean - all.mean) * (variance > 0 ? variance / (variance + noise) : 0)
        }
    }

    func offset(_ host: Int) -> Double { offsets[host] ?? 0 }

    /// How unlike two cohorts of so many hosts may be by chance; with the hosts' own offsets only what changes in them is left.
    func allowance(canaryHosts: Int, baselineHosts: Int, usesOffsets: Bool) -> Double {
        guard canaryHosts > 0, baselineHosts > 0, spread > 0 else { return 0 }
        let share = usesOffsets ? 0.1 : 1.0
        let hosts = 1 / Double(canaryHosts) + 1 / Double(baselineHosts)
        return Protections.hostDeviations * spread * share * hosts.squareRoot()
    }

    func write(to bytes: inout StateWriter) {
        let order = hosts.keys.sorted()
        bytes.write(UInt64(order.count))
        for host in order {
            bytes.write(UInt64(bitPattern: Int64(host)))
            bytes.write((hosts[host] ?? LogMoments()).numbers)
        }
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let count = try bytes.count()
        guard count <= HostHistory.limit else { throw .wrongLength }
        (hosts, isStale) = ([:], true)
        for _ in 0..<count {
            let host = Int(Int64(bitPattern: try bytes.word()))
            hosts[host] = LogMoments(numbers: try bytes.numbers(3))
        }
    }
}
