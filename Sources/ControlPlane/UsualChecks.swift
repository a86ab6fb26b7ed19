import Logging
import Series
import Specs
import Synchronization
import Values
import Verdicts

extension ControlPlane {
    /// What a service shows changes seldom.
    private static let usualChecksFor = Period.seconds(15)

    /// Looks now and then which services show the usual metrics and have written no checks; at once for one that is new.
    func lookForUsualChecks(at now: Timestamp) async {
        let services = memory.withLock { memory -> [ServiceSpec] in
            let all = memory.ledger.services.values.map(\.spec).filter(\.isJudgedByUsualChecks)
            let names = Set(all.map(\.name))
            memory.usualChecks = memory.usualChecks.filter { names.contains($0.key) }
            memory.usualChecksTried.formIntersection(names)
            if let seen = memory.usualChecksAt, now >= seen, now - seen < ControlPlane.usualChecksFor {
                return all.filter { !memory.usualChecksTried.contains($0.name) }
            }
            memory.usualChecksAt = now
            return all
        }
        guard !services.isEmpty else { return }
        let found = await metrics.reading { data in
            services.map { service in
                (service.name, (try? data.seenMetrics(of: service.name, at: now)).map(service.judgedBy(metrics:)))
            }
        }
        let unread = memory.withLock { memory -> [String] in
            // What cannot be read now is as it was; a rollout of what was never read waits.
            for (name, checks) in found {
                memory.usualChecksTried.insert(name)
                if let checks { memory.usualChecks[name] = checks }
            }
            let unread = found.map(\.0).filter { memory.usualChecks[$0] == nil }.sorted()
            defer { memory.usualChecksUnread = unread }
            return unread == memory.usualChecksUnread ? [] : unread
        }
        guard !unread.isEmpty else { return }
        let names = unread.joined(separator: ", ")
        logger.warning(
            "the metrics of \(names) cannot be read: new rollouts wait until it is known what to judge them by")
    }
}

extension ServiceSpec {
    /// Whether what it shows decides what it is judged by.
    var isJudgedByUsualChecks: Bool { checks.isEmpty && usesDefaultChecks && run.metrics != nil }
}
