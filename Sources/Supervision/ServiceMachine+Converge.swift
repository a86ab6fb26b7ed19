import Specs
import Values
import Wire

// What is wanted against what is.
extension ServiceMachine {
    /// The version to bring about now: the desired one, or, when that failed, what still runs or the fallback.
    var goal: DesiredVersion? {
        guard let run = desired?.run else { return nil }
        guard hasFailed(run) else { return run }
        if let other = best(of: instances.filter { !$0.isLeaving && !$0.version.answers(run) }) {
            return other.version
        }
        if let fallback = desired?.fallback, !fallback.isSame(as: run) { return fallback }
        // Nothing to go back to: trying on is all that is left.
        return run
    }

    /// Artefacts that are wanted and neither here nor on their way, the most urgent first.
    mutating func fetches() -> [ServiceAction] {
        guard holdUntil == nil, let desired else { return [] }
        var wanted: [DesiredVersion] = []
        if let run = desired.run, !hasFailed(run) || goal?.isSame(as: run) == true { wanted.append(run) }
        wanted += [desired.fallback].compactMap { $0 } + desired.keep
        var actions: [ServiceAction] = []
        for version in wanted where artefacts[version.artefact.digest] == nil {
            artefacts[version.artefact.digest] = .fetching(detail: "queued")
            actions.append(.fetch(version.artefact))
        }
        return actions
    }

    mutating func converge(at now: Timestamp) -> [ServiceAction] {
        let active = instances.filter { !$0.isLeaving }
        guard let goal else { return isInformed ? active.flatMap { stop($0, at: now) } : [] }
        let others = active.filter { !$0.version.answers(goal) }
        guard let candidate = best(of: active.filter { $0.version.answers(goal) }) else {
            return replace(others, by: goal, at: now)
        }
        let surplus = active.filter { $0.version.answers(goal) && $0.id != candidate.id }
        if candidate.phase == .ready {
            return (others + surplus).flatMap { retire($0, for: goal, at: now) }
        }
        let kept = best(of: others.filter { !isHopeless($0) })
        return (others + surplus).filter { $0.id != kept?.id }.flatMap { stop($0, at: now) }
    }

    /// Nothing of the goal runs: starts it, beside what runs or in its place.
    private mutating func replace(_ others: [Instance], by goal: DesiredVersion, at now: Timestamp) -> [ServiceAction] {
        let kept = best(of: others.filter { !isHopeless($0) })
        var actions = others.filter { $0.id != kept?.id }.flatMap { stop($0, at: now) }
        guard holdUntil == nil, artefacts[goal.artefact.digest] == .present, !mustWait(goal, at: now) else {
            return actions
        }
        let isAlone = !canRunBeside(goal)
        if isAlone {
            if let kept { actions += stop(kept, at: now) }
            guard instances.isEmpty else { return actions }
        }
        guard instances.count < Limits.mostInstances else { return actions }
        return actions + start(goal, at: now)
    }

    private mutating func start(_ version: DesiredVersion, at now: Timestamp) -> [ServiceAction] {
        if record?.version != version.version { record = VersionRecord(version: version.version) }
        record?.notBefore = nil
        let instance = Instance(
            id: "\(service)-\(nextInstance)", version: version, startedAt: now, restarts: record?.restarts ?? 0)
        nextInstance += 1
        instances.append(instance)
        return [.start(instance), .probe(instance: instance.id)]
    }

    /// Takes an instance out of service now that its successor is ready.
    private mutating func retire(_ instance: Instance, for goal: DesiredVersion, at now: Timestamp) -> [ServiceAction] {
        // With a port of its own the old one keeps serving until whoever balances has seen the new one. With a shared
        // socket it does its lame-duck time itself, after SIGTERM.
        guard goal.run.handover == .port, instance.phase == .ready else { return stop(instance, at: now) }
        change(instance.id) {
            $0.phase = .retiring
            $0.since = now
        }
        return []
    }

    mutating func stop(_ instance: Instance, at now: Timestamp) -> [ServiceAction] {
        change(instance.id) {
            $0.phase = .draining
            $0.since = now
        }
        return [.terminate(instance: instance.id)]
    }

    /// Whether the goal can be started while the present instances still hold their addresses.
    private func canRunBeside(_ goal: DesiredVersion) -> Bool {
        if goal.run.handover == .restart { return false }
        return instances.allSatisfy { instance in
            guard goal.run.handover == .socket else { return true }
            return instance.version.run.handover != .restart && !instance.holdsSocketAlone
        }
    }

    private func mustWait(_ version: DesiredVersion, at now: Timestamp) -> Bool {
        guard let record, record.version == version.version, let notBefore = record.notBefore else { return false }
        return now < notBefore
    }

    /// An instance of a version that failed, and that never served.
    private func isHopeless(_ instance: Instance) -> Bool {
        instance.phase == .starting && hasFailed(instance.version)
    }

    /// The one to keep: ready before one that was (it may still answer some), before starting, then the newest.
    private func best(of instances: [Instance]) -> Instance? {
        instances.last { $0.phase == .ready } ?? instances.last(where: \.isUp) ?? instances.last
    }
}
