public import Rollouts
public import Specs
public import Values
import Verdicts

/// One service through successive rollouts on a virtual clock: a fleet, a control plane that may be killed between any two
/// steps, people, and a world that misbehaves.
///
/// Everything follows from the seed. The production machines take every decision, and hosts hear only what follows from the
/// store.
public struct SimulatedService: Sendable {
    public let spec: ServiceSpec
    public internal(set) var hosts: [SimulatedHost] = []
    public internal(set) var store: SimulatedStore
    public internal(set) var now = Timestamp(milliseconds: 1_764_579_600_000)
    /// What the control plane decided in the newest step, and what it was shown of the world.
    public internal(set) var decided: [Decision] = []
    /// What hosts were told in the newest step.
    public internal(set) var messages: [Message] = []
    /// What the machine decided when it was shown the very same again: nothing, if it is at rest.
    public internal(set) var repeated: RolloutEvent?

    /// One look of a rollout's machine.
    public struct Decision: Sendable {
        public var machine: RolloutMachine
        public var shown: Observation
        public var events: [RolloutEvent]
    }

    /// What one host was told, and which revision the store had then.
    public struct Message: Sendable {
        public var host: String
        public var told: SimulatedHost.Told
        public var persisted: Int
        /// The version that it served until now and is to leave.
        public var leaves: String?
        /// Whether it had heard everything that was told before.
        public var wasUpToDate: Bool
    }

    var random: SeededGenerator
    let fault: SimulatedFault?
    let troubles: SimulatedTroubles
    let restarts: Bool
    var quiet = false
    var downUntil: Timestamp?
    var startedAt: Timestamp
    var verdict = Verdict.pass
    var lacksData = false
    var badVersions: Set<String> = []
    var forwardOnly: Set<String> = []
    var deployments = 0
    var lastTold = -1
    /// Each host's place in `hosts`.
    var places: [String: Int] = [:]

    static let grace = Period.seconds(30)

    public init(seed: UInt64, fault: SimulatedFault? = nil) {
        var random = SeededGenerator(seed: seed)
        self.fault = fault
        spec = SimulatedService.service(&random)
        troubles = SimulatedTroubles(&random)
        restarts = random.chance(0.5)
        startedAt = now
        var content = SimulatedStore.Content()
        content.line.stable = random.chance(0.1) ? nil : "v1"
        store = SimulatedStore(content, at: now)
        self.random = random
        for _ in 0..<Int.random(in: 1...12, using: &self.random) { join(running: content.line.stable) }
        // Somebody had started something by hand before the fleet was anybody's.
        if self.random.chance(0.1) { hosts[0].start(byHand: "by-hand") }
    }

    private static func service(_ random: inout SeededGenerator) -> ServiceSpec {
        var waves: [WaveSpec] = []
        var share = 0
        while share < 100 {
            share = min(100, share + Int.random(in: 10...70, using: &random))
            var wave = WaveSpec(name: "w\(waves.count)", hosts: waves.isEmpty ? .count(1) : .percent(Double(share)))
            wave.bake = random.chance(0.3) ? .zero : .seconds(Int64.random(in: 5...60, using: &random))
            wave.maxUnavailable = random.chance(0.5) ? .count(Int.random(in: 1...3, using: &random)) : .percent(50)
            wave.failureBudget = random.chance(0.3) ? .count(1) : .count(0)
            wave.gate = random.chance(0.15) ? .approval : nil
            wave.progressDeadline = .minutes(2)
            waves.append(wave)
        }
        waves[waves.count - 1].hosts = .percent(100)
        let rollback = RollbackSpec(maxUnavailable: .percent(Double(Int.random(in: 1...100, using: &random))))
        let plan = PlanSpec(
            waves: waves, watch: random.chance(0.5) ? .minutes(2) : .zero, rollback: rollback,
            onLostHosts: random.chance(0.2) ? .rollback : .hold)
        return ServiceSpec(
            name: "shop", run: RunSpec(command: ["./shop"]),
            checks: [CheckSpec(name: "errors", kind: .guardrail(expression: "simulated < 1"))], plan: plan)
    }

    /// Passes five seconds, or twenty once every trouble is over.
    public mutating func step() {
        now = now + .seconds(quiet ? 20 : 5)
        (decided, messages, repeated) = ([], [], nil)
        if !quiet { misbehave() }
        for index in hosts.indices {
            hosts[index].step(takes: .seconds(Int64.random(in: 1...20, using: &random)), at: now)
        }
        if let until = downUntil {
            guard now >= until else { return }
            downUntil = nil
            restart()
        }
        for index in hosts.indices where hosts[index].reachable { hosts[index].lastHeard = now }
        store.lastAlive = now
        look()
    }

    /// Ends every trouble: partitions heal, checks pass, people wave everything through.
    public mutating func calm() {
        quiet = true
        if downUntil != nil { downUntil = now }
        verdict = .pass
        lacksData = false
        for index in hosts.indices {
            hosts[index].reachable = true
            if hosts[index].running != nil, !hosts[index].isChanging { hosts[index].ready = true }
        }
    }

    /// Whether nothing is under way any more.
    public var isAtRest: Bool {
        let line = store.content.line
        return line.active == nil && line.queue.isEmpty && hosts.allSatisfy { !$0.isChanging }
    }
}

// MARK: The world

extension SimulatedService {
    private mutating func misbehave() {
        for index in hosts.indices {
            if random.chance(troubles.partition) { hosts[index].reachable.toggle() }
            if random.chance(troubles.crash), !hosts[index].isChanging, hosts[index].running != nil {
                hosts[index].ready.toggle()
            }
            if random.chance(troubles.stray) { hosts[index].start(byHand: "by-hand") }
        }
        if random.chance(troubles.join), hosts.count < 16 { join(running: nil) }
        if random.chance(troubles.dataGaps) { lacksData.toggle() }
        let isBad = hosts.contains { $0.running.map(badVersions.contains) ?? false }
        verdict = isBad ? (random.chance(0.2) ? .fail : .undecided) : .pass
    }

    private mutating func join(running: String?) {
        let name = "h\(hosts.count + 1)"
        places[name] = hosts.count
        hosts.append(SimulatedHost(name: name, running: running, restarts: restarts, at: now))
        if random.chance(troubles.stuckHosts) { hosts[hosts.count - 1].rejects.insert("v1") }
    }

    /// Brings a new version into the world.
    mutating func newVersion() -> String {
        deployments += 1
        let version = "v\(deployments + 1)"
        if random.chance(troubles.badVersions) { badVersions.insert(version) }
        if random.chance(0.05) { forwardOnly.insert(version) }
        for index in hosts.indices where random.chance(troubles.failingHosts) { hosts[index].rejects.insert(version) }
        return version
    }
}
