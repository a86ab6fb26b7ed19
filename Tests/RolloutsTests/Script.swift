import Rollouts
import Specs
import Values
import Verdicts

/// Runs a transcript: each line that starts at the margin is an input, each indented line is what the machine did.
///
///     hosts 12            the fleet h1…h12, in three regions
///     wave one 1 2m       a wave with its share and bake; options follow as key=value
///     go                  makes the plan and begins
///     at 5m               the clock
///     settle              every host that is heard of does what it was told
///     host h3 silent      one host's state: silent, back, fails REASON, stuck REASON, down
///     joins h7            a host joins the fleet after the plan was made
///     check errors fail   a reading: pass, fail, undecided, nodata
///     tick                the machine looks
///     alice pause WHY     a command of a person
struct Script {
    private var fleet: [PlanHost] = []
    private var service = ServiceSpec(
        name: "shop", run: RunSpec(command: ["./shop"]),
        plan: PlanSpec(waves: [], watch: .minutes(30), holdout: .count(0)))
    private var previous: String? = "v1"
    private var forwardOnly = false
    private var world: [String: HostObservation] = [:]
    private var readings: [String: Reading] = [:]
    private var freeze: String?
    private var machine: RolloutMachine?
    private var events: [RolloutEvent] = []
    private let start = Timestamp(milliseconds: 1_764_579_600_000)
    private var now = Timestamp(milliseconds: 1_764_579_600_000)
    private var refusal: String?

    /// The transcript with its outputs as the machine gives them now.
    static func run(_ transcript: String) -> String {
        var script = Script()
        var output: [String] = []
        for line in transcript.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("    ") { continue }
            output.append(String(line))
            if line.isEmpty || line.hasPrefix("#") { continue }
            output += script.perform(line.split(separator: " ").map(String.init)).map { "    \($0)" }
        }
        return output.joined(separator: "\n")
    }

    private mutating func perform(_ words: [String]) -> [String] {
        switch words[0] {
        case "hosts": setFleet(Int(words[1]) ?? 0)
        case "wave": addWave(Array(words.dropFirst()))
        case "first": previous = nil
        case "forward-only": forwardOnly = true
        case "watch": service.plan.watch = Period(words[1]) ?? .zero
        case "rollback": service.plan.rollback.maxUnavailable = Amount(words[1]) ?? .count(1)
        case "holdout": service.plan.holdout = Amount(words[1]) ?? .count(0)
        case "lost-hosts-rollback": service.plan.onLostHosts = .rollback
        case "go": return begin()
        case "at": now = start + (Period(words[1]) ?? .zero)
        case "settle": settle()
        case "host": setHost(words[1], words[2], words.dropFirst(3).joined(separator: " "))
        case "joins": world[words[1]] = HostObservation(running: .nothing, ready: false)
        case "check": setCheck(words[1], words[2])
        case "freeze": freeze = words.dropFirst().joined(separator: " ")
        case "thaw": freeze = nil
        case "tick": return look()
        case "restart": return recover(Period(words[1]) ?? .zero)
        case "state": return describe()
        default: return command(words)
        }
        return []
    }

    private mutating func setFleet(_ count: Int) {
        fleet = (1...count).map { PlanHost(name: "h\($0)", labels: ["region": ["eu", "us", "ap"][$0 % 3]]) }
    }

    private mutating func addWave(_ words: [String]) {
        var wave = WaveSpec(name: words[0], hosts: Amount(words[1]) ?? .count(1), bake: Bake(Period(words[2]) ?? .zero))
        for option in words.dropFirst(3) {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "gate": wave.gate = Gate(rawValue: parts[1])
            case "region": wave.select = LabelSelector(["region": [parts[1]]])
            case "unavailable": wave.maxUnavailable = Amount(parts[1]) ?? .count(1)
            case "budget": wave.failureBudget = Amount(parts[1]) ?? .count(0)
            case "deadline": wave.progressDeadline = Period(parts[1]) ?? .zero
            case "window":
                wave.timeWindow = [TimeWindow(days: [0], from: 9 * 60, until: 17 * 60, zone: parts[1])]
            default: break
            }
        }
        service.plan.waves.append(wave)
    }

    private mutating func begin() -> [String] {
        do {
            let order = try WaveOrder(service: service, fleet: fleet)
            let plan = RolloutPlan(
                id: "r1", service: "shop", version: "v2", previous: previous, forwardOnly: forwardOnly,
                hosts: order.hosts, waves: order.waves, watch: service.plan.watch, rollback: service.plan.rollback,
                onLostHosts: service.plan.onLostHosts, checks: [], falseRollbacks: Percentage(1), createdAt: now,
                createdBy: "alice")
            machine = RolloutMachine(plan: plan)
            for host in plan.hosts {
                world[host] = HostObservation(running: previous == nil ? .nothing : .previous, ready: previous != nil)
            }
            return plan.waves.map { wave in
                "wave \(wave.spec.name): \(plan.hosts[wave.members].joined(separator: " "))"
            }
        } catch {
            return ["error: \(error)"]
        }
    }

    private mutating func settle() {
        guard let machine else { return }
        for host in world.keys.sorted() {
            guard let seen = world[host], seen.heard == .yes, seen.previousFailed == nil else { continue }
            let place = machine.plan.hosts.firstIndex(of: host)
            let target = place.map(machine.state.target(host:)) ?? machine.state.targetForNewcomers
            if target == .new && seen.newFailed != nil { continue }
            let running: HostObservation.Running = target == .new ? .new : previous == nil ? .nothing : .previous
            world[host] = HostObservation(running: running, ready: running != .nothing)
        }
    }

    private mutating func setHost(_ name: String, _ what: String, _ reason: String) {
        guard var seen = world[name] else { return }
        switch what {
        case "silent": seen.heard = .no
        case "back": seen.heard = .yes
        case "fails":
            seen = HostObservation(running: previous == nil ? .nothing : .previous, ready: previous != nil)
            seen.newFailed = reason
        case "stuck": seen.previousFailed = reason
        case "freed": seen.previousFailed = nil
        case "down": seen.ready = false
        case "up": seen.ready = true
        default: break
        }
        world[name] = seen
    }

    private mutating func setCheck(_ name: String, _ what: String) {
        readings[name] = Reading(
            check: name, verdict: what == "pass" ? .pass : what == "fail" ? .fail : .undecided,
            reason: what == "fail"
                ? "canary 5.2%, limit 0.7%" : what == "nodata" ? "no samples for 15s" : "as expected",
            lacksData: what == "nodata")
    }

    private mutating func look() -> [String] {
        guard var machine else { return ["error: no plan"] }
        let observation = Observation(
            hosts: machine.plan.hosts.compactMap { world[$0] },
            newcomers: world.filter { !machine.plan.hosts.contains($0.key) },
            readings: readings.values.sorted { $0.check < $1.check },
            freeze: freeze, zoneOffsets: ["Europe/Zurich": 3600])
        let new = machine.observe(observation, at: now)
        self.machine = machine
        return record(new)
    }

    private mutating func recover(_ downtime: Period) -> [String] {
        guard var machine else { return [] }
        let new = machine.recover(lastAlive: now - downtime, at: now)
        self.machine = machine
        return record(new)
    }

    private mutating func command(_ words: [String]) -> [String] {
        let commands: [String: RolloutCommand] = [
            "pause": .pause, "resume": .resume, "promote": .promote(full: false), "promote-full": .promote(full: true),
            "approve": .approve, "abort": .abort, "rollback": .rollback,
        ]
        guard var machine, words.count > 1, let command = commands[words[1]] else { return ["error: unknown line"] }
        do {
            let reason = words.dropFirst(2).joined(separator: " ")
            let new = try machine.obey(
                command, by: words[0], reason: reason,
                newcomers: world.keys.filter { !machine.plan.hosts.contains($0) }, at: now)
            self.machine = machine
            return record(new)
        } catch {
            return ["refused: \(error)"]
        }
    }

    private mutating func record(_ new: [RolloutEvent]) -> [String] {
        guard let machine else { return [] }
        events += new
        let replayed = RolloutMachine.replay(events, plan: machine.plan)
        let lines = new.map { "\($0.at - start) \($0.sentence(plan: machine.plan))" }
        return replayed == machine.state ? lines : lines + ["error: the replayed events lead to another state"]
    }

    private func describe() -> [String] {
        guard let machine else { return [] }
        let targets = machine.plan.hosts.indices.filter { machine.state.target(host: $0) == .new }
        return [
            "\(machine.state.phase.words), wave \(machine.plan.name(machine.state.wave)), baked \(machine.state.baked(at: now)), "
                + "new on \(targets.count) of \(machine.plan.hosts.count)"
        ]
    }
}
