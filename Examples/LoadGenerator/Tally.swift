import Glibc
import Synchronization
import Values

/// How one request ended.
enum Outcome: Sendable {
    case answer(status: Int, version: String, seconds: Double)
    case transport(String)
}

/// Counts outcomes for one target, in a memory that does not grow with them.
struct Counter: Sendable {
    private static let mostVersions = 64

    var counts = LoadReport.Counts()
    private var latencies = Latencies()

    mutating func add(_ outcome: Outcome, at now: Timestamp) {
        switch outcome {
        case .answer(let status, let version, let seconds):
            latencies.add(seconds)
            let version = counts.answers[version] == nil && counts.answers.count >= Counter.mostVersions ? "…" : version
            counts.answers[version, default: 0] += 1
            if status < 400 {
                counts.ok += 1
            } else {
                counts.failedByAnswer += 1
                counts.failedAnswers[version, default: 0] += 1
                counts.firstFailedAnswer = counts.firstFailedAnswer ?? now
                counts.lastFailedAnswer = now
            }
        case .transport(let reason):
            counts.failedByTransport += 1
            counts.transportFailures[reason, default: 0] += 1
            counts.firstTransportFailure = counts.firstTransportFailure ?? now
            counts.lastTransportFailure = now
        }
    }

    mutating func merge(_ other: Counter) {
        counts.sent += other.counts.sent
        counts.ok += other.counts.ok
        counts.failedByAnswer += other.counts.failedByAnswer
        counts.failedByTransport += other.counts.failedByTransport
        counts.unsent += other.counts.unsent
        counts.answers.merge(other.counts.answers, uniquingKeysWith: +)
        counts.failedAnswers.merge(other.counts.failedAnswers, uniquingKeysWith: +)
        counts.transportFailures.merge(other.counts.transportFailures, uniquingKeysWith: +)
        counts.firstFailedAnswer = earliest(counts.firstFailedAnswer, other.counts.firstFailedAnswer)
        counts.firstTransportFailure = earliest(counts.firstTransportFailure, other.counts.firstTransportFailure)
        counts.lastFailedAnswer = latest(counts.lastFailedAnswer, other.counts.lastFailedAnswer)
        counts.lastTransportFailure = latest(counts.lastTransportFailure, other.counts.lastTransportFailure)
        latencies.merge(other.latencies)
    }

    /// The counts with their quantiles filled in.
    var summary: LoadReport.Counts {
        var summary = counts
        summary.medianMilliseconds = latencies.quantile(0.5).map { $0 * 1000 }
        summary.p99Milliseconds = latencies.quantile(0.99).map { $0 * 1000 }
        return summary
    }

    private func earliest(_ left: Timestamp?, _ right: Timestamp?) -> Timestamp? {
        [left, right].compactMap { $0 }.min()
    }

    private func latest(_ left: Timestamp?, _ right: Timestamp?) -> Timestamp? {
        [left, right].compactMap { $0 }.max()
    }
}

/// How often each latency came, in steps of 2 %, from a microsecond to a minute and a half.
struct Latencies: Sendable {
    private static let step = log(1.02)
    private var counts = [Int](repeating: 0, count: 920)
    private var total = 0

    mutating func add(_ seconds: Double) {
        let bucket = seconds <= 1e-6 ? 0 : Int(log(seconds * 1e6) / Latencies.step)
        counts[min(bucket, counts.count - 1)] += 1
        total += 1
    }

    mutating func merge(_ other: Latencies) {
        for index in counts.indices { counts[index] += other.counts[index] }
        total += other.total
    }

    /// Seconds, exact to 1 %; `nil` when there is nothing.
    func quantile(_ share: Double) -> Double? {
        guard total > 0 else { return nil }
        let wanted = max(1, Int((share * Double(total)).rounded(.up)))
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return exp((Double(index) + 0.5) * Latencies.step) / 1e6 }
        }
        return nil
    }
}

/// The counters of all targets, readable from anywhere at any time.
final class Tally: Sendable {
    private let names: [String]
    private let counters: Mutex<[Counter]>

    init(names: [String]) {
        self.names = names
        counters = Mutex(Array(repeating: Counter(), count: names.count))
    }

    func sent(_ target: Int) { counters.withLock { $0[target].counts.sent += 1 } }
    func unsent(_ target: Int) { counters.withLock { $0[target].counts.unsent += 1 } }

    func add(_ outcome: Outcome, to target: Int) {
        let now = Tally.now()
        counters.withLock { $0[target].add(outcome, at: now) }
    }

    func report() -> LoadReport {
        let counters = counters.withLock { $0 }
        var total = Counter()
        var targets: [String: LoadReport.Counts] = [:]
        for (name, counter) in zip(names, counters) {
            total.merge(counter)
            targets[name] = counter.summary
        }
        return LoadReport(at: Tally.now(), total: total.summary, targets: targets)
    }

    private static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
