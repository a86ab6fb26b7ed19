import Rollouts
import Simulation
import Specs
import Testing
import Values

/// Ten thousand rollouts with partitions, crashes, failing hosts, people and a control plane that is killed at any point.
@Suite("Random schedules")
struct RandomScheduleTests {
    static let chunks = Array(0..<20)
    static let perChunk: UInt64 = 500

    @Test("no schedule breaks a promise", arguments: chunks)
    func schedules(chunk: Int) {
        for offset in 0..<RandomScheduleTests.perChunk {
            let seed = UInt64(chunk) * RandomScheduleTests.perChunk + offset
            let broken = RandomScheduleTests.firstBrokenPromise(seed: seed)
            #expect(broken == nil, "seed \(seed): \(broken ?? "")")
        }
    }

    /// Runs one schedule and names the first promise that it breaks.
    static func firstBrokenPromise(seed: UInt64) -> String? {
        var world = SimulatedRollout(seed: seed)
        for _ in 0..<60 {
            world.step()
            if let broken = broken(world) { return broken }
        }
        world.calm()
        for _ in 0..<120 {
            if world.machine.state.phase.isFinal && world.hosts.allSatisfy({ $0.change == nil }) { break }
            world.step()
            if let broken = broken(world) { return broken }
        }
        for _ in 0..<3 { world.step() }
        return brokenAtTheEnd(world)
    }

    private static func broken(_ world: SimulatedRollout) -> String? {
        let plan = world.plan
        let state = world.stored
        if world.events.map(\.sequence) != Array(1...max(1, world.events.count)).prefix(world.events.count).map({ $0 })
        {
            return "events have gaps or doubles"
        }
        let allowed = plan.waves.prefix(state.wave + 1).last?.members.upperBound ?? 0
        let beyond = state.phase != .watching && state.phase != .done && state.rollback == nil
        if beyond, state.released.contains(where: { $0 >= allowed }) { return "released beyond the wave's share" }
        if let restless = world.repeated.first {
            return "the same world again leads to more: \(restless.sentence(plan: plan))"
        }
        return tooManyReleased(world) ?? tooManyReturned(world)
    }

    /// Whenever hosts were told to move, at most the wave's `maxUnavailable` are out of service or moving. Once a person
    /// has promoted the wave, those that are out of service for other reasons are accepted.
    private static func tooManyReleased(_ world: SimulatedRollout) -> String? {
        let wave = world.plan.waves[world.stored.wave]
        let released = world.newest.contains { event in
            guard case .released(let hosts) = event.fact else { return false }
            return hosts.contains(where: wave.members.contains)
        }
        guard released, world.stored.phase == .moving else { return nil }
        let limit = max(1, wave.spec.maxUnavailable.roundedDown(of: wave.members.count))
        let isPromoted = world.stored.promotedThrough >= world.stored.wave
        let out = wave.members.filter { host in
            let seen = world.shown.hosts[host]
            let arrived = seen.running == .new && seen.ready && !seen.changing
            let moving = world.stored.released.contains(host) && !world.stored.failed.contains(host) && !arrived
            if isPromoted { return seen.heard == .yes && moving }
            return seen.heard != .yes || moving || world.plan.previous != nil && !seen.isServing
        }
        return out.count > limit ? "\(out.count) hosts out of service, \(limit) allowed" : nil
    }

    /// On the way back, hosts that served are told to move only within the rollback's own limit.
    private static func tooManyReturned(_ world: SimulatedRollout) -> String? {
        guard world.stored.phase == .rollingBack else { return nil }
        let limit = max(1, world.plan.rollback.maxUnavailable.roundedDown(of: world.plan.hosts.count))
        let told = world.newest.reduce(into: HostSet()) { set, event in
            if case .returned(let hosts) = event.fact { set.formUnion(hosts) }
        }
        let serving = told.filter { world.shown.hosts[$0].isServing && world.shown.hosts[$0].running == .new }
        return serving.count > limit ? "\(serving.count) serving hosts sent back at once, \(limit) allowed" : nil
    }

    private static func brokenAtTheEnd(_ world: SimulatedRollout) -> String? {
        let state = world.stored
        let old: HostObservation.Running = world.plan.previous == nil ? .nothing : .previous
        let free = world.hosts.indices.filter { !world.hosts[$0].rejectsPrevious }
        if RolloutMachine.replay(world.events, plan: world.plan) != state { return "replay leads to another state" }
        switch state.phase {
        case .rolledBack, .cancelled:
            let strays = free.filter { world.hosts[$0].running != old }
            return strays.isEmpty ? nil : "\(strays.count) hosts are not back"
        case .done:
            let strays = world.hosts.indices.filter {
                world.hosts[$0].running != .new && world.hosts[$0].newFailed == nil
            }
            return strays.isEmpty ? nil : "\(strays.count) hosts do not have the new version"
        case .rollingBack:
            let strays = free.filter { world.hosts[$0].running != old }
            let isStuck = world.hosts.contains { $0.rejectsPrevious }
            return isStuck && strays.isEmpty ? nil : "the rollback does not end"
        default:
            return "the rollout does not end: \(state.phase.words), \(state.hold?.reason ?? "no hold")"
        }
    }
}
