import Specs
import Statistics
import Values

/// The evidence of a `gauge` check: a number per host, canary hosts against baseline hosts.
///
/// Values of one host in a row depend on each other, so the host is the unit: the mean of its values since its warm-up, in ln, less its mean
/// before the change. Hosts are compared at 2, 4, 8, … minutes; look j has the weight 2⁻ʲ, and the weighted e-values are added, so that the
/// sum never falls and P(it ever reaches 1/α) ≤ α. With few hosts it cannot grow far, and says so.
struct GaugesEvidence: Hashable, Sendable {
    let configuration: EvidenceConfiguration
    private var before: [Int: LogMoments] = [:]
    private var after: [Int: LogMoments] = [:]
    private var cohorts: [Int: Cohort] = [:]
    private var looks = 0
    /// Σ 2⁻ʲ · e-value: worse than the margin, and better than it.
    private var worse = 0.0
    private var better = 0.0
    /// Added to each value, so that a queue of 0 has a logarithm: a hundredth of what is usual, or 1 where that is nothing.
    private var unit: Double?
    private(set) var seconds = 0.0
    private(set) var judgedSeconds = 0.0
    /// The difference at the last look (ln), and each cohort's hosts.
    private(set) var difference: Double?
    private(set) var hosts = HostCounts()

    struct HostCounts: Hashable, Sendable {
        var canary = 0
        var baseline = 0
    }

    init(_ configuration: EvidenceConfiguration) { self.configuration = configuration }

    /// - Returns: why the values could not be used; nil when they were.
    mutating func observe(_ rows: [HostGauge], tick: Tick) -> String? {
        let sound = rows.filter { $0.value.isFinite }
        guard sound.allSatisfy({ $0.value >= 0 }) else {
            return "the gauge has values below 0: how many times as much one is as the other cannot be said of them"
        }
        guard let unit = unit ?? HostGauge.unit(of: sound) else { return nil }
        self.unit = unit
        let length = Double(tick.length.milliseconds) / 1000
        for row in sound { note(row, logarithm(row.value + unit), tick, length: length) }
        guard !tick.isBefore else { return nil }
        seconds += length
        guard after.keys.contains(where: { cohorts[$0] == .canary }) else { return nil }
        judgedSeconds += length
        if judgedSeconds >= 120 * exponential(Double(looks) * logarithm(2)) { look() }
        return nil
    }

    private mutating func note(_ row: HostGauge, _ value: Double, _ tick: Tick, length: Double) {
        guard before.count + after.count < 2 * HostHistory.limit else { return }
        if tick.isBefore || row.place.cohort == .baseline && seconds == 0 {
            before[row.place.host, default: LogMoments()].add(value)
        }
        guard !tick.isBefore else { return }
        let age = Double(row.place.age.milliseconds) / 1000
        if row.place.cohort == .canary, cohorts[row.place.host] != .canary { after[row.place.host] = nil }
        cohorts[row.place.host] = row.place.cohort
        guard row.place.cohort == .baseline || age - length >= configuration.warmUp - 0.001 else { return }
        after[row.place.host, default: LogMoments()].add(value)
    }

    private mutating func look() {
        looks += 1
        let (canary, baseline) = values
        hosts = HostCounts(canary: canary.count, baseline: baseline.count)
        guard !canary.isEmpty, !baseline.isEmpty else { return }
        difference = SampleMoments(canary).mean - SampleMoments(baseline).mean
        let margin = logarithm(max(1, configuration.tolerate.relative))
        worse += weighted(canary.map { $0 - margin }, baseline, sign: 1)
        better += weighted(canary.map { $0 - margin }, baseline, sign: -1)
    }

    private func weighted(_ canary: [Double], _ baseline: [Double], sign: Double) -> Double {
        guard let test = GaugeEvidence.pooledT(canary: canary, baseline: baseline) else { return 0 }
        let log = GaugeEvidence.logOneSided(t: sign * test.t, degrees: test.degrees, size: test.size)
        return exponential(log - Double(looks) * logarithm(2))
    }

    /// Each host's ln, less what it was before the change where every host's is known.
    private var values: (canary: [Double], baseline: [Double]) {
        let order = after.keys.sorted()
        let corrects = order.allSatisfy { before[$0] != nil }
        var canary: [Double] = []
        var baseline: [Double] = []
        for host in order {
            guard let now = after[host], now.count > 0 else { continue }
            let value = now.mean - (corrects ? before[host]?.mean ?? 0 : 0)
            if cohorts[host] == .canary { canary.append(value) } else { baseline.append(value) }
        }
        return (canary, baseline)
    }

    /// Looks that are still to come count for nothing, as they may.
    private var left: Double { exponential(-Double(looks) * logarithm(2)) }

    /// ln of the evidence so far.
    var log: Double { logarithm(max(1e-300, worse + left)) }

    /// ln of the evidence that the margin is not reached.
    var proofLog: Double { logarithm(max(1e-300, better + left)) }

    func write(to bytes: inout StateWriter) {
        bytes.write([
            Double(looks), worse, better, unit == nil ? 0 : 1, unit ?? 0, seconds, judgedSeconds,
            difference == nil ? 0 : 1, difference ?? 0, Double(hosts.canary), Double(hosts.baseline),
        ])
        for moments in [before, after] {
            bytes.write(UInt64(moments.count))
            for (host, value) in moments.sorted(by: { $0.key < $1.key }) {
                bytes.write(UInt64(bitPattern: Int64(host)))
                bytes.write(value.numbers + [cohorts[host] == .canary ? 1 : 0])
            }
        }
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let head = try bytes.numbers(11)
        looks = Int(clamping: head[0])
        (worse, better, unit) = (head[1], head[2], head[3] == 0 ? nil : head[4])
        (seconds, judgedSeconds) = (head[5], head[6])
        difference = head[7] == 0 ? nil : head[8]
        hosts = HostCounts(canary: Int(clamping: head[9]), baseline: Int(clamping: head[10]))
        cohorts = [:]
        before = try readHosts(&bytes)
        after = try readHosts(&bytes)
    }

    private mutating func readHosts(_ bytes: inout StateReader) throws(StateError) -> [Int: LogMoments] {
        let count = try bytes.count()
        guard count <= 2 * HostHistory.limit else { throw .wrongLength }
        var hosts: [Int: LogMoments] = [:]
        for _ in 0..<count {
            let host = Int(Int64(bitPattern: try bytes.word()))
            let numbers = try bytes.numbers(4)
            hosts[host] = LogMoments(numbers: Array(numbers[0..<3]))
            cohorts[host] = numbers[3] == 1 ? .canary : .baseline
        }
        return hosts
    }
}

extension HostGauge {
    /// A hundredth of the mean, or 1 where all are 0; nil without a value.
    fileprivate static func unit(of rows: [HostGauge]) -> Double? {
        guard !rows.isEmpty else { return nil }
        let mean = rows.reduce(0) { $0 + $1.value } / Double(rows.count)
        return mean > 0 && mean.isFinite ? mean / 100 : 1
    }
}

extension LogMoments {
    mutating func add(_ value: Double) {
        count += 1
        sum += value
        squares += value * value
    }
}
