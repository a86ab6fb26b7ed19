import Logging
import MetricsFormats
import Ports
import Rollouts
import Series
import Specs
import Synchronization
import Values
import Verdicts
import Wire

extension ControlPlane {
    /// So many hosts of each cohort are asked, and so many requests are under way at once.
    fileprivate static let askedHosts = 20
    private static let askedAtOnce = 16

    /// Asks the instances of rollouts with web checks, until the task is cancelled.
    func probeInstances() async {
        guard prober != nil else { return }
        while !Task.isCancelled {
            await probe(at: clock())
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    /// Asks everyone whose turn it is, and keeps the counts with the metrics.
    func probe(at now: Timestamp) async {
        guard let prober else { return }
        let due = dueProbes(at: now)
        guard !due.isEmpty else { return }
        await withTaskGroup(of: (WebCheckBook.Key, Bool).self) { group in
            var waiting = due[...]
            for _ in 0..<ControlPlane.askedAtOnce {
                guard let next = waiting.popFirst() else { break }
                group.addTask { await next.ask(prober) }
            }
            for await (key, isRight) in group {
                webChecks.withLock { $0.note(key, isRight: isRight) }
                if let next = waiting.popFirst() { group.addTask { await next.ask(prober) } }
            }
        }
        keepAnswers(due.map(\.key), at: clock())
    }

    private func keepAnswers(_ keys: [WebCheckBook.Key], at now: Timestamp) {
        var batch = IngestBatch()
        let known = ledger
        webChecks.withLock { book in
            for key in keys {
                guard let entry = book.entries[key], let service = known.rollouts[key.rollout]?.service else {
                    continue
                }
                for (answer, count) in [(WebCheckSeries.right, entry.right), (WebCheckSeries.wrong, entry.wrong)] {
                    let labels = Labels([
                        Labels.metricName: WebCheckSeries.name, "service": service, "version": key.version,
                        "host": key.host, "check": key.check, "answer": answer,
                    ])
                    batch.append(
                        labels, time: now.milliseconds, value: count,
                        start: min(entry.since.milliseconds, now.milliseconds))
                }
            }
        }
        do throws(MetricsRefusal) {
            _ = try metrics.takeInParts(batch, now: now)
        } catch {
            logger.warning("the answers to web checks cannot be kept: \(error)")
        }
    }

    /// A request that is to be made now.
    private struct DueProbe: Sendable {
        var key: WebCheckBook.Key
        var question: WebQuestion
        var expect: WebExpectation

        func ask(_ prober: any WebProber) async -> (WebCheckBook.Key, Bool) {
            switch await prober.ask(question) {
            case .answered(let status, let body): return (key, expect.objection(status: status, body: body) == nil)
            case .failed: return (key, false)
            }
        }
    }

    private func dueProbes(at now: Timestamp) -> [DueProbe] {
        let (machines, hosts, ledger) = memory.withLock { memory in
            let machines = memory.ledger.lines.values.compactMap(\.active).compactMap(memory.ledger.machine)
                .filter { machine in machine.isJudged && machine.plan.checks.contains { $0.webProbe != nil } }
            let hosts = machines.map { memory.served($0, at: now) }
            return (machines, hosts, memory.ledger)
        }
        return webChecks.withLock { book in
            book.keep(Set(machines.map(\.plan.id)))
            return zip(machines, hosts).flatMap { machine, hosts in
                machine.plan.checks.flatMap { check in
                    hosts.compactMap { due(check, $0.name, $0.version, machine.plan, ledger, &book, at: now) }
                }
            }
        }
    }

    private func due(
        _ check: CheckSpec, _ name: String, _ version: String, _ plan: RolloutPlan, _ ledger: Ledger,
        _ book: inout WebCheckBook, at now: Timestamp
    ) -> DueProbe? {
        guard let probe = check.webProbe, let host = ledger.hosts[name],
            let run = ledger.version(plan.service, version)?.run
        else { return nil }
        let values = ["ADDRESS": host.address, "HOST": name, "SERVICE": plan.service, "VERSION": version]
        guard let url = probe.address(listen: run.listen, values: values) else { return nil }
        let key = WebCheckBook.Key(rollout: plan.id, check: check.name, host: name, version: version)
        guard book.takeTurn(key, every: probe.every, at: now) else { return nil }
        return DueProbe(
            key: key, question: WebQuestion(url: url, method: probe.method, timeout: probe.timeout),
            expect: probe.expect)
    }
}

extension CheckSpec {
    var webProbe: WebProbe? {
        guard case .web(let probe) = kind else { return nil }
        return probe
    }
}

extension ControlPlane.Memory {
    /// Hosts that serve what they should, the first of the canary and the last of the others: those that stay what they are.
    fileprivate func served(_ machine: RolloutMachine, at now: Timestamp) -> [(name: String, version: String)] {
        let plan = machine.plan
        typealias Serving = (isNew: Bool, name: String, version: String)
        let serving = plan.hosts.enumerated().compactMap { place, name -> Serving? in
            let isNew = machine.state.target(host: place) == .new
            guard let version = isNew ? plan.version : plan.previous, fleet.contact(name, at: now) == .connected,
                let report = fleet.report(of: plan.service, on: name), report.ready, report.version == version
            else { return nil }
            return (isNew, name, version)
        }
        let most = ControlPlane.askedHosts
        let chosen = serving.filter(\.isNew).prefix(most) + serving.filter { !$0.isNew }.suffix(most)
        return chosen.map { ($0.name, $0.version) }
    }
}
