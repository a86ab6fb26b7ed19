import Rollouts
import Simulation
import Specs
import Values

/// What must hold in every schedule, judged by what the store holds and hosts are told, not by what the driver says of itself.
enum Promises {
    /// Runs one schedule and names the first promise that it breaks.
    static func firstBroken(seed: UInt64, fault: SimulatedFault? = nil) -> String? {
        var world = SimulatedService(seed: seed, fault: fault)
        for _ in 0..<60 {
            world.step()
            if let broken = broken(world) { return broken }
        }
        world.calm()
        for _ in 0..<400 where !world.isAtRest && !isStuck(world) {
            world.step()
            if let broken = broken(world) { return broken }
        }
        for _ in 0..<4 { world.step() }
        return brokenAtTheEnd(world)
    }

    /// After each step.
    private static func broken(_ world: SimulatedService) -> String? {
        if let restless = world.repeated { return "the same world again leads to more: \(restless.fact)" }
        for message in world.messages {
            if let broken = broken(message, world) { return broken }
        }
        if let broken = tooManyLeave(world) { return broken }
        let content = world.store.content
        for (id, state) in content.states where state.sequence != content.events[id]?.count ?? 0 {
            return "\(id) has a state that its events do not lead to"
        }
        for decision in world.decided {
            let broken =
                beyondShare(decision) ?? tooManyReleased(decision) ?? tooManyReturned(decision)
                ?? endedTooEarly(decision)
            if let broken { return broken }
        }
        return nil
    }

    // MARK: What hosts are told

    /// Whatever a host is told follows from a state that was stored before, and is one of the rollout's two versions.
    private static func broken(_ message: SimulatedService.Message, _ world: SimulatedService) -> String? {
        let told = message.told
        guard told.revision <= message.persisted else {
            return "told before it was stored: \(message.host) \(told.version ?? "nothing")"
        }
        let content = world.store.revisions[told.revision]
        let plan = content.active?.plan
        guard told.version == content.line.stable || told.version == plan?.version || told.version == plan?.previous
        else { return "a third version: \(message.host) \(told.version ?? "nothing")" }
        guard told.version == content.target(host: message.host) else {
            return "told what does not follow from the store: \(message.host) \(told.version ?? "nothing")"
        }
        return nil
    }

    /// Of the hosts that hear everything, no more leave what they serve at once than the wave, or the rollback, allows:
    /// newcomers too, and whatever the machine says that it decided.
    private static func tooManyLeave(_ world: SimulatedService) -> String? {
        guard let machine = world.store.content.active else { return nil }
        let (state, plan) = (machine.state, machine.plan)
        let isBack = state.phase == .rollingBack
        let left = isBack ? plan.version : plan.previous
        let leaving = world.messages.filter { $0.wasUpToDate && $0.leaves != nil && $0.leaves == left }
        let wave = plan.waves[state.wave]
        let limit =
            isBack
            ? plan.rollback.maxUnavailable.roundedDown(of: plan.hosts.count)
            : wave.spec.maxUnavailable.roundedDown(of: wave.members.count)
        guard leaving.count > max(1, limit) else { return nil }
        return "too many leave at once: \(leaving.map(\.host)), \(max(1, limit)) allowed, \(state.phase.words)"
    }

    // MARK: What is decided

    private static func beyondShare(_ decision: SimulatedService.Decision) -> String? {
        let (state, plan) = (decision.machine.state, decision.machine.plan)
        guard state.rollback == nil, state.phase != .watching, state.phase != .done else { return nil }
        let allowed = plan.waves[state.wave].members.upperBound
        return state.released.contains { $0 >= allowed } ? "beyond the wave's share" : nil
    }

    /// Whenever hosts were told to move, at most the wave's `maxUnavailable` are out of service or moving. Once a person
    /// has promoted the wave, those that are out of service for other reasons are accepted.
    private static func tooManyReleased(_ decision: SimulatedService.Decision) -> String? {
        let (state, plan) = (decision.machine.state, decision.machine.plan)
        let wave = plan.waves[state.wave]
        let isReleasing = decision.events.contains { event in
            guard case .released(let hosts) = event.fact else { return false }
            return hosts.contains { host in
                wave.members.contains(host) && (host < plan.planned || decision.shown.hosts[host].isServing)
            }
        }
        guard isReleasing, state.phase == .moving else { return nil }
        let limit = max(1, wave.spec.maxUnavailable.roundedDown(of: wave.members.count))
        let isPromoted = state.promotedThrough >= state.wave
        let out = wave.members.filter { host in
            let seen = decision.shown.hosts[host]
            let arrived = seen.running == .new && seen.ready && !seen.changing
            let moving = state.released.contains(host) && !state.failed.contains(host) && !arrived
            // One that joined and serves nobody yet takes nothing from anyone.
            if host >= plan.planned, !seen.isServing { return false }
            if isPromoted { return seen.heard == .yes && moving }
            return seen.heard != .yes || moving || plan.previous != nil && !seen.isServing
        }
        return out.count > limit ? "too many out of service: \(out.count), \(limit) allowed" : nil
    }

    /// On the way back, hosts that served are told to move only within the rollback's own limit.
    private static func tooManyReturned(_ decision: SimulatedService.Decision) -> String? {
        let (state, plan) = (decision.machine.state, decision.machine.plan)
        guard state.phase == .rollingBack else { return nil }
        let stuck = state.leftBehind.filter { host in
            let seen = decision.shown.hosts[host]
            return seen.heard == .yes && !seen.isServing
        }
        let share = plan.rollback.maxUnavailable.roundedDown(of: plan.hosts.count)
        let limit = max(1, share - stuck.count)
        let told = decision.events.reduce(into: HostSet()) { set, event in
            if case .returned(let hosts) = event.fact { set.formUnion(hosts) }
        }
        let serving = told.filter {
            decision.shown.hosts[$0].isServing && decision.shown.hosts[$0].running == .new
        }
        let underWay = state.returned.filter { host in
            let seen = decision.shown.hosts[host]
            let isBack = seen.running == .previous && seen.ready && !seen.changing || plan.previous == nil
            return !told.contains(host) && !state.leftBehind.contains(host) && seen.heard == .yes && !isBack
        }
        let out = serving.count + underWay.count
        return !serving.isEmpty && out > limit ? "too many go back at once: \(out), \(limit) allowed" : nil
    }

    /// When a rollback ends by itself, every host that is heard of has left the version.
    private static func endedTooEarly(_ decision: SimulatedService.Decision) -> String? {
        let ended = decision.events.contains { event in
            guard case .rolledBack = event.fact else { return false }
            return event.by == RolloutMachine.automatic
        }
        guard ended else { return nil }
        let released = decision.machine.state.released
        let behind = decision.shown.hosts.indices.filter { host in
            let seen = decision.shown.hosts[host]
            return released.contains(host) && seen.heard == .yes && seen.running == .new
        }
        return behind.isEmpty
            ? nil : "a host is left behind by a rollback: \(behind.map { decision.machine.plan.hosts[$0] })"
    }

    // MARK: How it ends

    /// Whether nothing is left to do but for hosts that cannot go back.
    private static func isStuck(_ world: SimulatedService) -> Bool {
        guard let machine = world.store.content.active, machine.state.hold?.kind == .stuckRollback else { return false }
        let behind = world.hosts.filter { $0.running != machine.plan.previous }
        return !behind.isEmpty && world.hosts.allSatisfy { !$0.isChanging }
            && behind.allSatisfy { $0.told?.version == machine.plan.previous && $0.hasFailedWhatItWasTold }
    }

    private static func brokenAtTheEnd(_ world: SimulatedService) -> String? {
        let content = world.store.content
        for (id, state) in content.states {
            guard let plan = content.plans[id], let events = content.events[id] else { continue }
            if RolloutMachine.replay(events, plan: plan) != state { return "\(id): replay leads to another state" }
        }
        if !world.isAtRest, !isStuck(world) {
            let state = content.active?.state
            return "it does not end: \(state?.phase.words ?? "queued"), \(state?.hold?.reason ?? "no hold")"
        }
        let expected = isStuck(world) ? content.active?.plan.previous : content.line.stable
        let strays = world.hosts.filter { $0.running != expected && !$0.hasFailedWhatItWasTold }
        guard strays.isEmpty else {
            let names = strays.map { "\($0.name) runs \($0.running ?? "nothing")" }.joined(separator: ", ")
            return "a host is on another version at the end: \(names), \(expected ?? "nothing") is right"
        }
        return nil
    }
}
