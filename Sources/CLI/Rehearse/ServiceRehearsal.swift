import Rehearsal
import Rollouts
import Specs
import Values
import Wire

/// Replays a service's recorded metrics through its plan.
struct ServiceRehearsal {
    var service: String
    var plan: String?
    var regression: String?
    var history: Period
    var detectWithin: Period?
    var rollouts: Int
    var seed: UInt64

    func run(_ client: APIClient) async throws -> RehearsalAnswer {
        let view = try await client.service(service)
        var spec = view.spec
        if let plan { spec.plan = try await namedPlan(plan, client) }
        let (checks, skipped) = try rehearsable(spec, usual: view.defaultChecks ?? [])
        let regressions = try read(checks)
        let rehearsed = try rehearsedPlan(spec, hosts: try await client.hosts())
        let recording = try await recording(spec, checks, rehearsed, client)
        let rehearsal = Rehearsal(plan: rehearsed, recording: recording, seed: seed)
        var answer = RehearsalAnswer(service: service, plan: plan, recording, rehearsed, skipped: skipped)
        let work: [Regression?] = [nil] + regressions
        let bar = WorkProgress("Rehearsing", total: work.count * rollouts)
        for (index, regression) in work.enumerated() {
            answer.results.append(
                rehearsal.result(of: regression, rollouts: rollouts) { bar.advance(to: index * rollouts + $0) })
            try Task.checkCancellation()
        }
        bar.finish()
        if let detectWithin { answer.suggest(rehearsal, regressions, detectWithin, rollouts: max(20, rollouts / 4)) }
        return answer
    }

    private func namedPlan(_ name: String, _ client: APIClient) async throws -> PlanSpec {
        let plans = try await client.plans()
        if let found = plans.first(where: { $0.name == name }) { return found.plan }
        let near = nearest(to: name, among: plans.map(\.name))
        throw CommandFailure.wrongCall(
            "there is no plan named '\(name)'"
                + (near.map { "; did you mean '\($0)'?" } ?? "; plans are listed by: halcyon get plans"))
    }

    /// The checks that counts of the past can be replayed for, and a sentence for each of the others.
    private func rehearsable(
        _ spec: ServiceSpec, usual: [CheckSpec]
    ) throws -> (checks: [CheckSpec], skipped: [String]) {
        let all = spec.checks.isEmpty ? usual : spec.checks
        let checks = all.filter { check in
            switch check.kind {
            case .ratio, .peers, .slo, .rate, .latency: return !check.dryRun
            case .gauge, .guardrail, .web: return false
            }
        }
        let skipped = all.filter { check in !checks.contains { $0.name == check.name } }.map { check in
            check.dryRun
                ? "\(check.name): a dry run moves nothing"
                : "\(check.name): a \(check.kind.name) counts no events to replay"
        }
        guard !checks.isEmpty else {
            let why =
                all.isEmpty
                ? "it has no checks" : "none of its checks counts events: \(skipped.joined(separator: "; "))"
            throw CommandFailure.failed(
                "\(service) cannot be rehearsed: \(why). Add a check of kind ratio, latency or rate.")
        }
        return (checks, skipped)
    }

    private func read(_ checks: [CheckSpec]) throws -> [Regression] {
        guard let regression else { return Regression.usual(checks) }
        do throws(Regression.Problem) {
            return try Regression.read(regression, checks: checks)
        } catch {
            throw CommandFailure.wrongCall("--regression: \(error.message) (\(error.hint))")
        }
    }

    private func rehearsedPlan(_ spec: ServiceSpec, hosts: [HostView]) throws -> RehearsedPlan {
        do throws(PlanError) {
            let order = try WaveOrder(
                service: spec, fleet: hosts.map { PlanHost(name: $0.name, labels: $0.labels) })
            var waves = order.waves.map {
                RehearsedPlan.Wave(name: $0.spec.name, hosts: $0.members.count, bake: $0.spec.bake)
            }
            // Those that are held out get the change after the last bake: nothing is judged then.
            var holdout = 0
            if waves.count > 1, waves.last?.name == WaveOrder.holdoutName, let kept = waves.popLast() {
                holdout = kept.hosts
                waves[waves.count - 1].hosts += holdout
            }
            return RehearsedPlan(
                waves: waves, holdout: holdout, falseRollbacks: spec.plan.falseRollbacks, control: spec.plan.control,
                watch: spec.plan.watch)
        } catch {
            throw CommandFailure.failed("no plan can be made for \(service): \(error)")
        }
    }

    private func recording(
        _ spec: ServiceSpec, _ checks: [CheckSpec], _ plan: RehearsedPlan, _ client: APIClient
    ) async throws -> Recording {
        let every = spec.run.metrics?.every ?? .seconds(5)
        let tick = max(.seconds(10), every * 2)
        // A stretch of hours is long enough for any time of the day; a longer rollout goes through it again.
        let length = min(max(plan.longest, detectWithin ?? .zero) + .minutes(10), .hours(3))
        let reader = RecordingReader(client: client, service: service, tick: tick, length: length)
        let ends = reader.ends(max(history, length), now: Console.current.now())
        let bar = WorkProgress("Reading the past", total: ends.count)
        let recording = try await reader.read(checks, ends: ends) { bar.advance(to: $0) }
        bar.finish()
        guard !recording.stretches.isEmpty else {
            throw CommandFailure.failed(
                "nothing was recorded of \(service)'s checks within \(history): see what there is with: halcyon query "
                    + "'count by (__name__) ({service=\"\(service)\"})', or look farther back with --history")
        }
        return recording
    }
}

/// How far a long piece of work is, on the standard error of a terminal.
private struct WorkProgress {
    let verb: String
    let total: Int
    private let console = Console.current

    init(_ verb: String, total: Int) {
        self.verb = verb
        self.total = total
    }

    func advance(to count: Int) {
        guard console.errorIsTerminal, total > 0, count == total || count % max(1, total / 100) == 0 else { return }
        console.writeError("\r\(verb): \(count * 100 / total)%\u{1B}[K")
    }

    func finish() {
        if console.errorIsTerminal { console.writeError("\r\u{1B}[K") }
    }
}
