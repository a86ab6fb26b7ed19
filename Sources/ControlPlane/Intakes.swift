import FoundationEssentials
import Ports
import Rollouts
import Scraping
import Series
import Specs
import Synchronization
import Values
public import Wire

/// What is remembered of all hosts' scrapes. Each host has its own lock: a large body of one keeps no other waiting.
final class Intakes: Sendable {
    final class Intake: Sendable {
        let state = Mutex(HostIntake())
    }

    static let forgetAfter = Period.hours(1)
    private let hosts = Mutex<[String: Intake]>([:])

    subscript(host: String) -> Intake {
        hosts.withLock { hosts in
            if let known = hosts[host] { return known }
            let made = Intake()
            hosts[host] = made
            return made
        }
    }

    /// Every host with what it scrapes.
    var all: [(host: String, scrapes: [ScrapeStatus], listing: TargetListing)] {
        hosts.withLock { $0 }.map { entry in
            entry.value.state.withLock { (entry.key, $0.scrapes, $0.listing) }
        }
    }

    /// Forgets hosts that have long been silent.
    func tidy(_ now: Timestamp) {
        // Nobody waits for the table while a host's samples are taken in.
        let silent = hosts.withLock { $0 }.filter { entry in
            entry.value.state.withLock { $0.heardAt.map { now - $0 >= Intakes.forgetAfter } ?? false }
        }
        hosts.withLock { hosts in
            for (name, intake) in silent where hosts[name] === intake { hosts[name] = nil }
        }
    }
}

extension ControlPlane {
    /// Takes in what an agent scraped.
    ///
    /// It may be acknowledged when `whenKept` says that it is on the disk; else the agent keeps it and sends it again, and the
    /// store knows what it has already. What the store refuses as a whole is refused here at once.
    public func samples(
        host: String, agent: String, body: [UInt8], whenKept: @escaping @Sendable (Problem?) -> Void
    ) throws(Problem) {
        let ledger = self.ledger
        guard let record = ledger.hosts[host] else { throw unknownHost(host) }
        let now = clock()
        let surroundings = HostIntake.Surroundings<MetricsRefusal>(
            readHead: { bytes in
                ScrapeHead(plainJSON: bytes) ?? (try? JSONDecoder().decode(ScrapeHead.self, from: Data(bytes)))
            },
            readListing: { try? JSONDecoder().decode(TargetListing.self, from: Data($0)) },
            target: { ledger.target($0, host: record) },
            recall: { [metrics] in
                recalled($0, ledger.target($0, host: record), host: host, metrics: metrics, at: now)
            },
            take: { [metrics] (batch) throws(MetricsRefusal) in
                try metrics.takeInParts(batch, now: now)
            })
        let outcome = intakes[host].state.withLock { intake in
            Result<ScrapeOutcome, MetricsRefusal> { () throws(MetricsRefusal) in
                try intake.take(body: body, receivedAt: now, surroundings)
            }
        }
        switch outcome {
        case .success(let outcome):
            complain(outcome, host: host)
            metrics.whenKept { whenKept($0.map(ControlPlane.unkept)) }
        case .failure(let refusal): throw ControlPlane.unkept(refusal)
        }
    }

    private static func unkept(_ refusal: MetricsRefusal) -> Problem {
        Problem(.unavailable, "samples are not taken in now: \(refusal)")
    }

    private func complain(_ outcome: ScrapeOutcome, host: String) {
        for problem in outcome.problems { complain(problem, about: "samples/\(problem)", host: host) }
        for failure in outcome.failures {
            complain("the metrics of \(failure): the whole scrape was refused", about: "scrape/\(failure)", host: host)
        }
        if outcome.refused > 0 {
            let reason = outcome.refusals.first ?? "no reason was given"
            complain("\(outcome.refused) samples were refused: \(reason)", about: "refused/\(host)", host: host)
        }
    }

    /// Everything that is scraped, with its host, and how it went.
    func scrapes() -> [(host: String, scrape: ScrapeStatus)] {
        intakes.all.flatMap { entry in entry.scrapes.map { (entry.host, $0) } }
    }
}

/// What the store has of an instance from before this process: the server was started again.
private func recalled(
    _ head: ScrapeHead, _ target: ScrapeTarget, host: String, metrics: any Queryable, at now: Timestamp
) -> RecalledSource? {
    // The labels of an instance may have changed since, in part; those of another target make it that target.
    let matchers =
        head.target != nil
        ? target.labels.map { LabelMatcher($0.name, .equal, $0.value) }
        : [
            LabelMatcher("service", .equal, head.service), LabelMatcher("version", .equal, head.version),
            LabelMatcher("instance", .equal, head.instance), LabelMatcher("host", .equal, host),
        ]
    func found(_ name: [LabelMatcher]) -> (any SeriesSet)? {
        try? metrics.series(
            SelectRequest(
                matchers: name + matchers, after: (now - HostIntake.forgetAfter).milliseconds,
                through: (now + .minutes(1)).milliseconds))
    }
    guard let up = found([LabelMatcher(Labels.metricName, .equal, "up")]), up.count > 0 else { return nil }
    var scrapedAt: Int64?
    var newest = Labels.empty
    var buffer = SampleBuffer()
    for index in 0..<up.count {
        buffer.removeAll()
        guard (try? up.read(index, into: &buffer)) != nil,
            let last = buffer.values.lastIndex(where: { $0.bitPattern != Sample.staleMarker.bitPattern })
        else { continue }
        guard buffer.times[last] > scrapedAt ?? .min else { continue }
        (scrapedAt, newest) = (buffer.times[last], up.labels(index))
    }
    guard let scrapedAt, let all = found([]) else { return nil }
    // Others may have sent samples that say the same service and host: theirs do not end with the scrapes.
    let own = newest.dropping([Labels.metricName])
    let names = own.pairs.map(\.name)
    let series = (0..<all.count).map { all.labels($0) }.filter { $0.keeping(names) == own }
    return RecalledSource(series: Set(series), scrapedAt: scrapedAt)
}

extension Ledger {
    /// What the samples of a scrape are given. A host cannot pass for another by a label of its own called `service` or `host`.
    func target(_ head: ScrapeHead, host: HostRecord) -> ScrapeTarget {
        if let target = head.target { return ScrapeTarget(target, fixed: [("host", host.name)]) }
        let (cohort, wave) = cohort(head.service, head.version, host: host.name)
        let own = [
            ("service", head.service), ("version", head.version), ("instance", head.instance), ("host", host.name),
            ("job", head.service), ("cohort", cohort), ("wave", wave ?? ""),
        ]
        let taken = Set(own.map(\.0)).union([Labels.metricName])
        let others = host.labels.filter { !taken.contains($0.key) }.sorted { $0.key < $1.key }
        return ScrapeTarget(
            labels: own + others.map { ($0.key, $0.value) },
            rules: version(head.service, head.version)?.run.metrics?.rules ?? ScrapeRules())
    }

    /// `canary` while the rollout is in flight that brings the version, with the host's wave; else `baseline`.
    private func cohort(_ service: String, _ version: String, host: String) -> (String, String?) {
        guard let id = lines[service]?.active, let plan = plan(of: id), plan.version == version,
            rollouts[id]?.state.phase.isFinal == false
        else { return ("baseline", nil) }
        let place = places[id]?[host]
        let wave = place.flatMap { place in plan.waves.first { $0.members.contains(place) } }
        return ("canary", wave?.spec.name)
    }
}
