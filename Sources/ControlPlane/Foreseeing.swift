import Formats
import PromQL
import Rollouts
import Series
import Specs
import Synchronization
import Values
import Verdicts

extension ControlPlane {
    /// What the checks of new or changed services can hardly find, given the traffic of the last hour: sentences, by service.
    func foreseen(_ documents: [SourcedSpec]) async -> [String: [String]] {
        let now = clock()
        let (services, fleet) = memory.withLock { memory in
            (
                documents.compactMap { document -> ServiceSpec? in
                    guard case .service(let spec) = document.spec, memory.ledger.services[spec.name]?.spec != spec
                    else { return nil }
                    return spec
                }, memory.ledger.hosts.values.map { PlanHost(name: $0.name, labels: $0.labels) }
            )
        }
        var found: [String: [String]] = [:]
        for spec in services {
            let odd = await metrics.reading { data in
                spec.checks.compactMap { data.oddity(of: $0, service: spec.name, at: now) }
            }
            if !odd.isEmpty { found[spec.name] = odd }
            guard let order = try? WaveOrder(service: spec, fleet: fleet) else { continue }
            let waves = order.foreseenWaves(spec.plan)
            let counted = spec.checks.filter { !$0.dryRun && $0.isForeseen }
            guard !counted.isEmpty else { continue }
            found[spec.name, default: []] += await metrics.reading { data in
                counted.compactMap { check in
                    guard let traffic = traffic(of: check, in: spec.name, at: now, data) else { return nil }
                    let chance = spec.plan.falseRollbacks.fraction / Double(counted.count)
                    return Foresight(check: check, total: traffic.total, bad: traffic.bad, chance: chance)
                        .warning(waves)
                }
            }
        }
        return found
    }
}

extension CheckSpec {
    /// Whether it compares counts that the planning formula is about.
    fileprivate var isForeseen: Bool {
        switch kind {
        case .ratio, .peers: return true
        case .latency, .rate, .gauge, .guardrail, .slo, .web: return false
        }
    }
}

extension WaveOrder {
    fileprivate func foreseenWaves(_ plan: PlanSpec) -> [Foresight.Wave] {
        let all = Double(max(1, hosts.count))
        return waves.map { wave in
            let canary = Double(wave.members.upperBound)
            let baseline = max(all - canary, Double(plan.holdout(of: hosts.count)))
            return Foresight.Wave(
                canary: min(canary, all - baseline) / all, baseline: baseline / all, bake: wave.spec.bake.atMost)
        }
    }
}

/// Events a second over the last hour, or over the last minutes when that is more: a service may be younger than an hour.
/// `nil` where nothing was recorded.
private func traffic(
    of check: CheckSpec, in service: String, at now: Timestamp, _ data: any Queryable
) -> (total: Double, bad: Double)? {
    let (bad, total): (String, String)
    switch check.kind {
    case .ratio(let selected, let all), .peers(let selected, let all): (bad, total) = (selected, all)
    case .latency, .rate, .gauge, .guardrail, .slo, .web: return nil
    }
    func rise(_ selector: String, _ length: Period) -> Double? {
        guard let matchers = try? parseSelector(selector),
            let groups = try? data.increases(
                matchers + [LabelMatcher("service", .equal, service)], by: [], after: now - length, through: now,
                reachingBack: .minutes(1))
        else { return nil }
        return groups.first.map { max(0, $0.increase.value) / length.seconds }
    }
    let rates = [Period.hours(1), .minutes(5)].compactMap { length -> (total: Double, bad: Double)? in
        guard let all = rise(total, length), all > 0, let wrong = rise(bad, length) else { return nil }
        return (all, wrong)
    }
    return rates.max { $0.total < $1.total }
}
