public import FlagSpecs
import Logging
public import Ports
import Rollouts
import Specs
import Synchronization
import Values
public import Wire

/// Flags go through the same machine as services: here is what is different about them.
extension ControlPlane: FlagRollouts {
    public var overlays: [FlagOverlay] { memory.withLock { $0.ledger.overlays } }

    public func take(_ measured: SDKMeasures, environment: String) {
        let now = clock()
        let isFirst = measures.note(environment: environment, at: now) == nil
        guard let batch = measures.take(measured, environment: environment, at: now) else {
            if isFirst, let note = measures.note(environment: environment, at: now) {
                logger.warning("what SDKs measure in \(environment): \(note)")
            }
            return
        }
        do throws(MetricsRefusal) {
            _ = try metrics.takeInParts(batch, now: now)
        } catch {
            // They are sums: the next report brings them again.
            logger.warning("what SDKs measured was not kept: \(error)")
        }
    }

    public func rollOut(
        flag key: String, environment: String, _ request: FlagRolloutRequest, by principal: Principal
    ) async throws(Problem) -> DeployAnswer {
        if let plan = request.plan, plan != PlanSpec.guardedName, ledger.namedPlans[plan] == nil {
            throw Problem.unknown("plan", plan, among: ledger.namedPlans.keys + [PlanSpec.guardedName])
        }
        let flag = FlagIdentity(key: key, environment: environment)
        let answer = try await change { (draft) throws(Problem) in
            try draft.rollOut(flag, request, by: principal.name)
        }
        wake.signal()
        return answer
    }

    // MARK: Driving

    /// Has what rollouts make of flags published at once, and stores with flags what rollouts ended with.
    func driveFlags() async {
        var trouble: String?
        await flagWake.drive(every: .seconds(1), atMostEvery: .zero) {
            do throws(Problem) {
                try await self.followFlags()
                trouble = nil
            } catch {
                // The next look tries again. It is said once, not every second.
                if trouble != error.message { self.logger.error("flags cannot follow rollouts: \(error.message)") }
                trouble = error.message
            }
        }
    }

    func followFlags() async throws(Problem) {
        guard let driver = flags.withLock({ $0 }) else { return }
        try await driver.followRollouts()
        for rollout in ledger.flagRollouts { try await settle(rollout, driver) }
        // What is published now is news to the machines.
        if !ledger.flagRollouts.isEmpty { wake.signal() }
    }

    /// Stores with the flag what its rollout has ended with. On the way back that comes before the end: the rollout's say is gone
    /// with it.
    private func settle(_ rollout: WholeRollout, _ driver: any FlagApplication) async throws(Problem) {
        guard let target = rollout.plan.flag, let previous = rollout.plan.previous else { return }
        let id = rollout.plan.id
        switch rollout.record.state.phase {
        case .done where rollout.record.settled != true:
            try await driver.settle(
                target.key, environment: target.environment, replacing: previous, by: rollout.plan.version,
                reason: "\(id) is done"
            ) { (entry) throws(Problem) in
                try await self.changeNoting { (draft) throws(Problem) in
                    draft.attach(entry, by: RolloutMachine.automatic)
                    draft.noteSettled(id)
                }.revision
            }
        case .rollingBack:
            let standing = driver.standing(of: target.key, environment: target.environment)
            guard standing?.common == rollout.plan.version else { return }
            try await driver.settle(
                target.key, environment: target.environment, replacing: rollout.plan.version, by: previous,
                reason: "\(id) goes back"
            ) { (entry) throws(Problem) in
                try await self.changeNoting { (draft) throws(Problem) in
                    draft.attach(entry, by: RolloutMachine.automatic)
                }.revision
            }
        default: return
        }
    }

    // MARK: What the machine is told

    /// Every slice of keys, as the published flag serves it.
    func slices(of machine: RolloutMachine, _ target: FlagTarget) -> [HostObservation] {
        guard let driver = flags.withLock({ $0 }) else {
            return machine.plan.hosts.map { _ in HostObservation(heard: .notYet, running: .nothing, ready: false) }
        }
        let standing = driver.standing(of: target.key, environment: target.environment)
        let overlay = standing?.overlay.flatMap { $0.rollout == machine.plan.id ? $0 : nil }
        let served = overlay?.share.percent ?? 0
        // While it goes back, clients are given the previous variant at once; it is back when the flag says so by itself.
        let isUnsettled = machine.state.phase == .rollingBack && standing?.common == machine.plan.version
        return target.shares.map { share in
            let isNew = served >= share.percent || isUnsettled
            return HostObservation(running: isNew ? .new : .previous)
        }
    }

    /// Why a rollout cannot go on: somebody has changed the flag in spite of it, or taken it out of service.
    func trouble(with machine: RolloutMachine, _ target: FlagTarget) -> String? {
        switch machine.state.phase {
        case .waiting, .moving, .baking, .watching: break
        case .queued, .rollingBack, .done, .rolledBack, .cancelled: return nil
        }
        guard let driver = flags.withLock({ $0 }) else { return nil }
        guard let standing = driver.standing(of: target.key, environment: target.environment) else {
            return "the flag \(target.key) is gone from \(target.environment)"
        }
        guard standing.isAnswering else { return "the flag \(target.key) was taken out of service" }
        let plan = machine.plan
        let wanted = [plan.version, plan.previous].compactMap(\.self)
        if let missing = wanted.first(where: { !standing.variants.contains($0) }) {
            return "the flag \(target.key) has no variant '\(missing)' any more"
        }
        guard let common = standing.common, wanted.contains(common) else {
            return
                "the flag \(target.key) was changed: those whom no rule answers no longer get '\(plan.previous ?? "")'"
        }
        return nil
    }
}

/// The flag of a rollout.
struct FlagIdentity: Codable, Hashable, Sendable {
    var key: String
    var environment: String

    var subject: String { FlagTarget.subject(key: key, environment: environment) }
}

extension Ledger {
    /// The rollouts of flags that have begun, or whose outcome is still to be stored.
    var flagRollouts: [WholeRollout] {
        rollouts.values.filter { $0.flag != nil }.map(\.id).sorted().compactMap(whole)
    }

    /// What rollouts make of flags: a function of their states.
    var overlays: [FlagOverlay] {
        flagRollouts.compactMap { rollout in
            guard let target = rollout.plan.flag, let previous = rollout.plan.previous else { return nil }
            switch rollout.record.state.phase {
            case .queued, .rolledBack, .cancelled: return nil
            case .done where rollout.record.settled == true: return nil
            case .waiting, .moving, .baking, .watching, .rollingBack, .done: break
            }
            return FlagOverlay(
                key: target.key, environment: target.environment, rollout: rollout.plan.id, from: previous,
                to: rollout.plan.version, share: rollout.machine.desiredShare)
        }
    }

    /// Whether a flag's last rollout has ended, and the flag does not say so by itself yet.
    func isUnsettled(_ line: ServiceLine) -> Bool {
        guard let latest = line.latest, let record = rollouts[latest], record.flag != nil else { return false }
        return record.state.phase == .done && record.settled != true
    }
}
