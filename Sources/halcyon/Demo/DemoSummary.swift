import LoadGenerator
import Rollouts
import Values
import Wire

/// What the demo shows, in numbers, and whether it is what it should be.
struct DemoSummary: Sendable {
    private(set) var lines: [String] = []
    /// What did not happen as it should.
    private(set) var problem: String?

    /// - Parameter elapsed: since the demo began, builds aside.
    init(stage: DemoStage, load: LoadReport, elapsed: Period) async throws {
        let good = try await DemoAct(stage, "storefront-2")
        let errors = try await DemoAct(stage, "storefront-3")
        let tail = try await DemoAct(stage, "storefront-4")
        let flag = try await DemoAct(stage, "\(DemoFlag.broken)@production-1")
        let hosts: Listing<HostView> = try await stage.get("/v1/hosts")
        let total = load.total
        line("requests sent", "\(total.sent)")
        line("requests failed by the hand-overs", "\(total.failedByTransport)")
        line("v2, good: its waves were watched for", "\(good.watched), and might have been for \(good.allowed)")
        line("v3, errors: from its first to the decision", errors.caught(since: total.firstFailedAnswer))
        line("v3: bad answers", "\(total.failedAnswers["v3"] ?? 0) of its \(total.answers["v3"] ?? 0)")
        line("v4, slow answers: from ready to the decision", tail.caught(since: tail.ready))
        line("bad flag: from its first wave to the decision", flag.caught(since: flag.ready))
        line("bad flag: bad pages", "\(total.failedAnswers["v2"] ?? 0)")
        line("the whole demo took", "\(elapsed)")
        noteLoad(total)
        note(good.view.phase != .done && good.view.phase != .watching, "the good version is \(good.view.phase.words)")
        note(good.watched >= good.allowed, "the good version was not promoted early")
        for (act, name, check) in [
            (errors, "v3", "errors"), (tail, "v4", "latency"), (flag, "the flag", "errors"),
        ] {
            note(act.view.phase != .rolledBack, "\(name) is \(act.view.phase.words)")
            let isCaught = act.view.rollback?.reason.contains("check \(check) ") ?? false
            note(!isCaught, "\(name) was not caught by its check \(check)")
            note(act.view.wave > 0, "\(name) was caught in wave \(act.view.wave + 1) only")
            note(act.decision == nil || act.back == nil, "there is no rollback in the history of \(name)")
        }
        note(elapsed > .minutes(5), "it took \(elapsed), more than five minutes")
        let strays = hosts.items.filter { host in
            !host.services.contains { $0.service == "storefront" && $0.version == "v2" && $0.ready }
        }
        note(!strays.isEmpty, "\(strays.map(\.name).joined(separator: ", ")) do not serve v2")
        lines.append(problem.map { "NOT as it should be: \($0)" } ?? "All as it should be.")
    }

    private mutating func noteLoad(_ total: LoadReport.Counts) {
        let byOthers = total.failedAnswers.filter { $0.key != "v3" && $0.key != "v2" }
        let times = [total.firstTransportFailure, total.lastTransportFailure].compactMap { $0?.description }
        note(
            total.failedByTransport > 0,
            "\(total.failedByTransport) requests were lost (\(times.joined(separator: " to "))): "
                + "\(total.transportFailures)")
        note(total.ok == 0, "no request was answered")
        note(!byOthers.isEmpty, "good versions answered with errors: \(byOthers)")
        note(total.failedAnswers["v3"] ?? 0 == 0, "the bad version did not fail")
        note(total.unsent > 0, "\(total.unsent) requests could not be sent in time")
    }

    private mutating func line(_ name: String, _ value: String) {
        lines.append(name + String(repeating: " ", count: max(2, 52 - name.count)) + value)
    }

    private mutating func note(_ isWrong: Bool, _ words: @autoclosure () -> String) {
        if isWrong, problem == nil { problem = words() }
    }
}

/// One rollout of the demo.
struct DemoAct: Sendable {
    let view: RolloutView
    /// When its first wave was ready, and when it was decided to go back and everyone was.
    private(set) var ready: Timestamp?
    private(set) var decision: Timestamp?
    private(set) var back: Timestamp?
    /// How long its waves were watched.
    private(set) var watched = Period.zero

    init(_ stage: DemoStage, _ id: String) async throws {
        view = try await stage.get("/v1/rollouts/\(id)")
        let history: Listing<HistoryEntry> = try await stage.get("/v1/rollouts/\(id)/history?limit=1000")
        var baking: Timestamp?
        for entry in history.items {
            switch entry.event.fact {
            case .waveReady:
                ready = ready ?? entry.event.at
                baking = entry.event.at
            case .waveDone: watched = watched + (entry.event.at - (baking ?? entry.event.at))
            case .rollbackStarted: decision = entry.event.at
            case .rolledBack: back = entry.event.at
            default: break
            }
        }
    }

    /// How long its waves might have been watched.
    var allowed: Period { view.waves.reduce(.zero) { $0 + $1.bake } }

    func caught(since start: Timestamp?) -> String {
        guard let start, let decision, let back else { return "never" }
        return "\(decision - start), everyone back after \(back - start)"
    }
}
