import Specs
import Supervision
import Testing
import Values
import Wire

@Suite("Random schedules of one service")
struct RandomSchedules {
    @Test("Never three instances, never a gap because of a hand-over, and it always comes to rest where it should")
    func invariants() {
        for seed in UInt64(0)..<2000 {
            let violations = World.play(seed: seed, keepsLog: false).violations
            guard violations.isEmpty else {
                let log = World.play(seed: seed, keepsLog: true).log.suffix(60).joined(separator: "\n")
                Issue.record("seed \(seed): \(violations.prefix(2))\n\(log)")
                return
            }
        }
    }
}

/// A host that does what the machine asks for, sometimes badly and always late.
private struct World {
    var machine = ServiceMachine(service: "web")
    var now = Timestamp.epoch
    var random: SeededGenerator
    var processes: [String: Process] = [:]
    var probed: Set<String> = []
    var violations: [String] = []
    var log: [String] = []
    /// Versions that never get ready.
    let bad: Set<String> = ["v2", "v4"]
    var attempt = 0

    struct Process {
        var version: String
        var ready = false
        var terminated = false
        var killed = false
    }

    private let keepsLog: Bool

    private init(seed: UInt64, keepsLog: Bool) {
        random = SeededGenerator(seed: seed)
        self.keepsLog = keepsLog
    }

    static func play(seed: UInt64, keepsLog: Bool) -> World {
        var world = World(seed: seed, keepsLog: keepsLog)
        for _ in 0..<60 { world.happen() }
        world.settle()
        return world
    }

    private var serving: [Process] { processes.values.filter { $0.ready && !$0.terminated } }

    mutating func happen() {
        now = now + .milliseconds(Int64.random(in: 1...3000, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: want(randomVersion())
        case 2: feed(.resumed(holdUntil: now + .seconds(1)))
        case 3: crash()
        case 11:
            guard let id = processes.keys.sorted().randomElement(using: &random) else { return }
            processes[id] = nil
            feed(.missing(instance: id))
        case 4: if let id = processes.keys.sorted().randomElement(using: &random) { end(id) }
        case 5...7: progress()
        case 8:
            guard let id = processes.filter(\.value.ready).keys.sorted().randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) { feed(.notReady(instance: id, reason: "busy")) }
            if Bool.random(using: &random) { feed(.ready(instance: id)) }
        default: feed(.tick)
        }
    }

    /// Lets everything that is under way come to its end, then looks.
    mutating func settle() {
        attempt += 1
        want(version("v3", attempt: attempt))
        for _ in 0..<100 {
            now = now + .seconds(2)
            feed(.tick)
            progress()
            for id in processes.keys.sorted() where processes[id]?.terminated == true { end(id) }
        }
        if Set(serving.map(\.version)) != ["v3"] || processes.count != 1 {
            violations.append("came to rest with \(processes)")
        }
    }

    private mutating func randomVersion() -> DesiredVersion? {
        guard let name = ["v1", "v2", "v3", "v4", nil].randomElement(using: &random) ?? nil else { return nil }
        attempt += Bool.random(using: &random) ? 1 : 0
        return version(name, attempt: attempt)
    }

    private mutating func want(_ run: DesiredVersion?) {
        feed(.desired(DesiredService(service: "web", run: run, fallback: run == nil ? nil : version("v1"))))
    }

    private mutating func progress() {
        for digest in asked.sorted() { feed(.artefact(digest: digest, .present)) }
        asked = []
        for id in processes.keys.sorted() {
            // Probes go on: one that is ready says so again.
            guard let process = processes[id], !process.terminated, !bad.contains(process.version)
            else { continue }
            processes[id]?.ready = true
            feed(.ready(instance: id))
        }
    }

    /// Digests that were asked for.
    private var asked: Set<String> = []

    private mutating func crash() {
        guard let id = processes.keys.sorted().randomElement(using: &random) else { return }
        end(id)
    }

    private mutating func end(_ id: String) {
        guard processes.removeValue(forKey: id) != nil else { return }
        feed(.exited(instance: id, .code(1), output: []))
    }

    private mutating func feed(_ event: ServiceEvent) {
        let before = serving.count
        let wasWanted = machine.desired?.run != nil
        let actions = machine.step(event, at: now)
        if keepsLog { log.append("\(now - .epoch) \(event) \(actions)") }
        for action in actions { perform(action) }
        if processes.count > 2 { violations.append("\(processes.count) instances at \(now - .epoch)") }
        // Only what was asked for (nothing at all) may leave nobody serving.
        if before > 0, serving.isEmpty, wasWanted, machine.desired?.run != nil, !actions.isEmpty,
            actions.contains(where: { if case .terminate = $0 { true } else { false } })
        {
            violations.append("a hand-over left nobody serving at \(now - .epoch)")
        }
    }

    private mutating func perform(_ action: ServiceAction) {
        switch action {
        case .fetch(let artefact): asked.insert(artefact.digest)
        case .start(let instance): processes[instance.id] = Process(version: instance.version.version)
        case .probe(let id): probed.insert(id)
        case .terminate(let id): processes[id]?.terminated = true
        case .kill(let id): end(id)
        }
    }
}
