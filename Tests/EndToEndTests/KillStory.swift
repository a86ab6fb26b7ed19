import LoadGenerator
import Rollouts
import TestSupport
import Values
import Wire

/// Good and bad versions in turn on a fleet, while its processes are killed.
struct KillStory {
    enum Kind: CaseIterable { case good, failsChecks, endsAtStart }

    enum Victim { case server, agent }

    /// What was seen of the hosts before a rollout.
    private struct Before {
        var instances: [String: InstanceReport] = [:]
        var starts: [String: [String: Int]] = [:]
    }

    let lab: Lab
    let victims: [Victim]
    /// How often something is killed during one rollout of each kind.
    let kills: [Kind: Int]
    var random: SeededGenerator
    var stable = "v0"
    var rollouts = 0
    /// How many kills met each phase.
    var met: [String: Int] = [:]

    var killed: Int { met.values.reduce(0, +) }

    init(_ lab: Lab, _ victims: [Victim], kills: [Kind: Int], seed: UInt64) {
        (self.lab, self.victims, self.kills) = (lab, victims, kills)
        random = SeededGenerator(seed: seed)
    }

    /// The first version, then rollouts of each kind in turn, under load, until so many kills have met one in flight.
    mutating func tell(until enough: Int) async throws {
        try await lab.must("deploy", "shop", "--artifact", lab.pack(stable), "--version", stable)
        try await lab.waitForEverywhere(stable)
        let load = try LoadGenerator(targets: lab.shopAddresses, rate: 30)
        async let _ = load.run()
        while killed < enough {
            for kind in Kind.allCases {
                rollouts += 1
                try await ship("v\(rollouts)-\(kind)", kind)
            }
        }
        // Checked while it still runs: what it has sent by now is what counts.
        let counts = load.snapshot().total
        guard counts.failedByTransport == 0 else { throw Unmet("requests were lost: \(counts.transportFailures)") }
        guard counts.failedAnswers.keys.allSatisfy({ $0.hasSuffix("failsChecks") }) else {
            throw Unmet("good versions answered errors: \(counts.failedAnswers)")
        }
    }

    // MARK: One rollout

    private mutating func ship(_ version: String, _ kind: Kind) async throws {
        let behaviour = [Kind.failsChecks: "error_rate=0.9", .endsAtStart: "exit_at_start=3"][kind] ?? ""
        let before = try await look()
        let id = try await deploy(version, try lab.pack(version, behaviour))
        for _ in 0..<(kills[kind] ?? 0) {
            guard try await !lab.rollout(id).phase.isFinal else { break }
            try await killOne(rollout: id, kind)
        }
        let view = try await eventually("\(id) to end", within: .seconds(120)) {
            let view = try await lab.rollout(id)
            return view.phase.isFinal ? view : nil
        }
        let expected = kind == .good ? Phase.done : .rolledBack
        guard view.phase == expected, view.version == version, view.previous == stable else {
            throw Unmet("\(id) (\(kind)) ended as \(view.phase): \(view.summary)")
        }
        let trigger = view.rollback?.trigger
        guard trigger == [.failsChecks: .check, .endsAtStart: .failedHosts][kind] else {
            throw Unmet("\(id) (\(kind)) went back because of \(String(describing: view.rollback))")
        }
        let previous = stable
        if kind == .good { stable = version }
        try await lab.waitForEverywhere(stable)
        try await compare(before, with: look(), version: version, previous: previous, kind: kind, rollout: id)
    }

    /// Deploys while the server is killed, and again until it is known to have been heard.
    private mutating func deploy(_ version: String, _ file: String) async throws -> String {
        let number = try await lab.see("/v1/rollouts", as: Listing<RolloutView>.self).items.count
        let words = ["deploy", "shop", "--artifact", file, "--version", version]
        if victims.contains(.server) {
            let fleet = lab
            async let outcome = fleet.halcyon(words)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250, using: &random)))
            try await kill(.server, phase: "deploy")
            _ = try await outcome
        }
        try await waitFor("\(version) to be deployed") {
            let outcome = try await lab.halcyon(words)
            // One that went back already is proof enough that the first call was heard.
            return outcome.code == 0 || outcome.text.contains("was rolled back by shop-\(number + 1)")
        }
        let all = try await lab.see("/v1/rollouts", as: Listing<RolloutView>.self).items
        guard all.count == number + 1, all.first?.version == version else {
            throw Unmet("one deployment of \(version) made \(all.count - number) rollouts")
        }
        return all[0].id
    }

    /// Waits for a random moment and kills one of the victims; sometimes a command is on its way at that moment.
    private mutating func killOne(rollout id: String, _ kind: Kind) async throws {
        if kind != .good, random.chance(0.4) {
            // The way back is short: it is waited for, so that it is not always missed.
            try await waitFor("\(id) to go back", within: .seconds(120)) {
                let phase = try await lab.rollout(id).phase
                return phase == .rollingBack || phase.isFinal
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...80, using: &random)))
        } else {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1300, using: &random)))
        }
        let phase = try await lab.rollout(id).phase
        guard !phase.isFinal else { return }
        let victim = victims[Int.random(in: 0..<victims.count, using: &random)]
        guard victim == .server, random.chance(0.25) else { return try await kill(victim, phase: phase.rawValue) }
        let fleet = lab
        async let outcome = fleet.halcyon("rollout", "pause", id)
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...120, using: &random)))
        try await kill(.server, phase: phase.rawValue + "+command")
        _ = try await outcome
        // Whether it was heard or not: after this the rollout is not paused.
        try await resume(id)
    }

    private func resume(_ id: String) async throws {
        try await waitFor("\(id) to be resumed") {
            _ = try await lab.halcyon("rollout", "resume", id)
            return try await lab.rollout(id).pause == nil
        }
    }

    private mutating func kill(_ victim: Victim, phase: String) async throws {
        switch victim {
        case .server:
            try await lab.running("server").end(9)
            try await lab.startServer()
        case .agent:
            let number = Int.random(in: 1...lab.setting.hosts, using: &random)
            try await lab.running(Lab.hostName(number)).end(9)
            try lab.startAgent(number)
        }
        met[phase, default: 0] += 1
    }

    // MARK: Looking

    private func look() async throws -> Before {
        var before = Before()
        for host in try await lab.hosts() {
            before.instances[host.name] = host.services.first { $0.service == "shop" }?.instances.first
            before.starts[host.name] = starts(host.name)
        }
        return before
    }

    /// How many instances of each version the agents of a host have started.
    private func starts(_ host: String) -> [String: Int] {
        let lines = lab.log(host).split(separator: "\n").filter { $0.contains("started an instance") }
        let versions = lines.compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("version=") }.map { String($0.dropFirst(8)) }
        }
        return Dictionary(versions.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// No instance was started without need, and none was replaced that should have stayed.
    private func compare(
        _ before: Before, with after: Before, version: String, previous: String, kind: Kind, rollout: String
    ) async throws {
        let told = try await toldHosts(rollout)
        for (host, instance) in before.instances.sorted(by: { $0.key < $1.key }) {
            let new = after.instances[host]
            let tried = after.starts[host]?[version] ?? 0
            let back = (after.starts[host]?[previous] ?? 0) - (before.starts[host]?[previous] ?? 0)
            // A killed agent may have started an instance without having said so.
            let isSame = new?.pid == instance.pid && new?.id == instance.id
            let isRight =
                switch kind {
                case .good: tried <= 1 && back == 0 && !isSame
                case .endsAtStart: isSame && tried <= 1 && back == 0
                case .failsChecks: told.contains(host) ? tried <= 1 && back <= 1 : isSame && tried == 0 && back == 0
                }
            guard isRight else {
                throw Unmet(
                    "\(rollout) (\(kind)) on \(host): \(version) started \(tried) times, \(previous) \(back) times; "
                        + "the instance was \(instance), and is \(new.map { "\($0)" } ?? "none")")
            }
        }
        let running = lab.servicesRunning().count
        guard running == lab.setting.hosts else {
            throw Unmet("\(running) instances run on \(lab.setting.hosts) hosts")
        }
    }

    /// The hosts that were told to take the new version.
    private func toldHosts(_ rollout: String) async throws -> Set<String> {
        let order = try await lab.rollout(rollout).waves.flatMap(\.hosts).map(\.host)
        var places = HostSet()
        for entry in try await lab.history(rollout) {
            if case .released(let hosts) = entry.event.fact { places.formUnion(hosts) }
        }
        return Set(places.map { order[$0] })
    }
}
