import Specs
import Supervision
import Values
import Wire

/// Plays events to a machine and writes down what it wants done: a transcript that reads like a story.
struct Story {
    var machine = ServiceMachine(service: "web")
    var now = Timestamp.epoch
    private(set) var lines: [String] = []

    var transcript: String { lines.joined(separator: "\n") }

    mutating func tell(_ event: ServiceEvent, _ words: String) {
        lines.append("\(now - .epoch) \(words)")
        record(machine.step(event, at: now))
    }

    private mutating func record(_ actions: [ServiceAction]) {
        for action in actions {
            switch action {
            case .fetch(let artefact): lines.append("    fetch \(artefact.digest)")
            case .start(let instance):
                lines.append("    start \(instance.id) of \(instance.version.version)")
            case .probe: continue
            case .terminate(let id): lines.append("    SIGTERM \(id)")
            case .kill(let id): lines.append("    SIGKILL \(id)")
            }
        }
    }

    /// Lets the time pass, waking the machine exactly when it asks for it.
    mutating func pass(_ period: Period) {
        let end = now + period
        while let wake = machine.nextWake(after: now), wake <= end {
            now = wake
            let actions = machine.step(.tick, at: now)
            if !actions.isEmpty { lines.append("\(now - .epoch) time passes") }
            record(actions)
        }
        now = end
    }

    mutating func want(
        _ run: DesiredVersion?, fallback: DesiredVersion? = nil, keep: [DesiredVersion] = []
    ) {
        let desired = DesiredService(service: "web", run: run, fallback: fallback, keep: keep)
        tell(.desired(desired), "run \(run?.version ?? "nothing")")
    }

    mutating func have(_ version: DesiredVersion) {
        tell(.artefact(digest: version.artefact.digest, .present), "\(version.version) is on disk")
    }

    mutating func ready(_ id: String) { tell(.ready(instance: id), "\(id) is ready") }

    mutating func notReady(_ id: String, _ reason: String = "/healthz answered 503") {
        tell(.notReady(instance: id, reason: reason), "\(id) answers: \(reason)")
    }

    mutating func exit(_ id: String, _ status: ExitStatus = .code(0)) {
        tell(.exited(instance: id, status, output: ["last words"]), "\(id) \(status)")
    }

    mutating func look() {
        let report = machine.report([:])
        let failure = report.failure.map { "; \($0.version) failed at \($0.step.rawValue): \($0.message)" } ?? ""
        let serving = report.version.map { "\($0) \(report.ready ? "serves" : "is not ready")" } ?? "nothing serves"
        lines.append("    → \(report.state.rawValue), \(serving)\(failure)")
    }
}

func version(
    _ name: String, _ handover: Handover = .socket, ready: ReadinessProbe.Method = .http(path: "/healthz"),
    attempt: Int = 0
) -> DesiredVersion {
    DesiredVersion(
        version: name, artefact: ArtefactReference(digest: "digest-\(name)", size: 1),
        run: RunSpec(
            command: ["./web"], listen: "127.0.0.1:8000", handover: handover,
            ready: ReadinessProbe(method: ready)), attempt: attempt)
}

/// A machine on which `version` is desired, ready, and the only instance (`web-1`).
func running(_ version: DesiredVersion) -> Story {
    var story = Story()
    story.want(version)
    story.have(version)
    story.ready("web-1")
    return story
}
