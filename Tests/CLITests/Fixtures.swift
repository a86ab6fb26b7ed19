import Rollouts
import Specs
import Values
import Verdicts
import Wire

@testable import CLI

/// Rollouts in the states that tests look at.
enum Fixtures {
    static let terminal = TextStyle(width: 100, colour: false, now: noon)

    static func host(
        _ name: String, _ version: String? = "1.4.0", ready: Bool = true, contact: Contact = .connected,
        _ detail: String
    ) -> WaveHostView {
        WaveHostView(host: name, contact: contact, version: version, ready: ready, detail: detail)
    }

    static func hosts(_ numbers: Range<Int>, _ version: String, _ detail: String) -> [WaveHostView] {
        numbers.map { host("web-\($0)", version, detail) }
    }

    static func reading(_ verdict: Verdict, bad: Double = 5, lacksData: Bool = false) -> Reading {
        let canary = CohortCount(bad: bad, total: 1043, hosts: 2)
        let baseline = CohortCount(bad: 93, total: 18_233, hosts: 10)
        return Reading(
            check: "errors", verdict: verdict,
            reason: verdict == .pass
                ? "canary 0.48% of 1,043 bad, baseline 0.51% of 18,233, limit 0.74%"
                : lacksData
                    ? "no samples of web-1 for 40s" : "canary 5.2% of 1,043 bad, baseline 0.51% of 18,233, limit 0.74%",
            lacksData: lacksData, canary: lacksData ? nil : canary, baseline: baseline, limit: 0.0074,
            value: bad / 1043)
    }

    /// With the evidence that it rests on.
    static func weighed(_ verdict: Verdict) -> Reading {
        var reading = reading(verdict, bad: verdict == .fail ? 54 : 5)
        let (log, proof) = verdict == .fail ? (9.2, -7.0) : (1.1, 2.08)
        reading.evidence = Evidence(
            log: log, threshold: 5.3, proof: proof, proofThreshold: 2.996, excludes: 2,
            effect: Evidence.Effect(
                ratio: verdict == .fail ? 10.2 : 0.94, lower: verdict == .fail ? 7 : 0.4,
                upper: verdict == .fail ? nil : 2.2, confidence: 0.95),
            allowances: ["zone eu-b has no baseline host and is left out"])
        reading.reason = EvidenceSentence(reading).description
        return reading
    }

    static let guardrail = Reading(
        check: "budget", verdict: .pass, reason: "slo:burnrate5m is 1.2, limit 14.4", limit: 14.4, value: 1.2)

    static func view(
        _ phase: Phase, wave: Int, waves: [WaveView], summary: String, readings: [Reading] = [],
        baked: Period = .zero, bakeTarget: Period = .zero
    ) -> RolloutView {
        RolloutView(
            id: "r-7f3k2", service: "storefront", version: "1.5.0", previous: "1.4.0", phase: phase, summary: summary,
            needsPerson: false, wave: wave, waves: waves, pause: nil, hold: nil, rollback: nil, readings: readings,
            baked: baked, bakeTarget: bakeTarget, createdAt: noon - .seconds(192), createdBy: "ada",
            endedAt: nil, leftBehind: [], sequence: 9)
    }

    static let history: [HistoryEntry] = [
        entry(1, .began, "The rollout began."),
        entry(2, .waveStarted(wave: 0), "Wave one started with 1 host."),
        entry(3, .waveReady(wave: 0), "Wave one is ready."),
        entry(4, .waveDone(wave: 0, readings: []), "Wave one is done: errors passes."),
        entry(5, .waveStarted(wave: 1), "Wave few started with 3 hosts."),
    ]

    static func entry(_ sequence: Int, _ fact: RolloutEvent.Fact, _ sentence: String) -> HistoryEntry {
        let at = noon - .seconds(Int64(200 - sequence * 20))
        return HistoryEntry(
            rollout: "r-7f3k2", event: RolloutEvent(sequence: sequence, at: at, by: "halcyon", fact: fact),
            sentence: sentence)
    }

    static func wave(
        _ name: String, _ state: WaveView.State, _ hosts: [WaveHostView], gate: Gate? = nil
    ) -> WaveView {
        WaveView(name: name, state: state, gate: gate, bake: .minutes(10), hosts: hosts)
    }

    static var moving: RolloutView {
        let few = [
            host("web-2", "1.5.0", "ready"), host("web-3", "1.4.0", "downloading 35%"),
            host("web-4", "1.5.0", ready: false, "starting"),
        ]
        return view(
            .moving, wave: 1,
            waves: [
                wave("one", .done, hosts(1..<2, "1.5.0", "ready")), wave("few", .moving, few),
                wave("rest", .pending, hosts(5..<13, "1.4.0", "waiting"), gate: .approval),
            ], summary: "Wave few takes the new version: 1 of 3 hosts ready.", readings: [reading(.pass), guardrail])
    }

    static var baking: RolloutView {
        view(
            .baking, wave: 1,
            waves: [
                wave("one", .done, hosts(1..<2, "1.5.0", "ready")),
                wave("few", .baking, hosts(2..<5, "1.5.0", "ready")),
                wave("rest", .pending, hosts(5..<13, "1.4.0", "waiting")),
            ], summary: "Wave few is watched.", readings: [reading(.pass), guardrail], baked: .minutes(4),
            bakeTarget: .minutes(10))
    }

    /// Not decided yet, with evidence.
    static var weighing: RolloutView {
        var rollout = baking
        rollout.readings = [weighed(.undecided), guardrail]
        rollout.budget = BudgetView(chance: 0.01, log: 0.9, peak: 1.6, threshold: 4.605)
        return rollout
    }

    static var held: RolloutView {
        var rollout = baking
        rollout.readings = [reading(.undecided, lacksData: true), guardrail]
        rollout.summary = "Wave few is held."
        rollout.needsPerson = true
        rollout.hold = Hold(
            kind: .lostHosts, reason: "web-3 and web-4 were not heard of for 40s", since: noon - .seconds(40))
        rollout.waves[1].hosts[1].contact = .unknown
        rollout.waves[1].hosts[2].contact = .unknown
        return rollout
    }

    static var rollingBack: RolloutView {
        var rollout = moving
        rollout.phase = .rollingBack
        rollout.summary = "Going back to 1.4.0."
        rollout.rollback = RollbackCause(
            trigger: .check, by: "halcyon", reason: "check errors failed: canary 5.2% of 1,043 bad, limit 0.74%",
            reading: reading(.fail, bad: 54), refusesVersion: true, at: noon - .seconds(3))
        rollout.readings = [reading(.fail, bad: 54), guardrail]
        rollout.waves[0].state = .rollingBack
        rollout.waves[1].state = .rollingBack
        rollout.waves[1].hosts = [
            host("web-2", "1.5.0", "draining"), host("web-3", "1.4.0", "rolled back"),
            host("web-4", "1.5.0", ready: false, "stuck: stop: it does not end"),
        ]
        return rollout
    }

    static var rolledBack: RolloutView {
        var rollout = rollingBack
        rollout.phase = .rolledBack
        rollout.endedAt = noon - .seconds(1)
        rollout.summary = "Rolled back to 1.4.0."
        rollout.leftBehind = ["web-4"]
        rollout.waves[0].state = .rolledBack
        rollout.waves[1].state = .rolledBack
        rollout.waves[0].hosts = hosts(1..<2, "1.4.0", "rolled back")
        rollout.waves[1].hosts[0] = host("web-2", "1.4.0", "rolled back")
        return rollout
    }

    static var watching: RolloutView {
        view(
            .watching, wave: 1,
            waves: [
                wave("one", .done, hosts(1..<2, "1.5.0", "ready")),
                wave("rest", .done, hosts(2..<13, "1.5.0", "ready")),
            ], summary: "Everyone has 1.5.0; still armed.", readings: [reading(.pass)], baked: .minutes(1),
            bakeTarget: .minutes(30))
    }

    /// Five hundred hosts in one wave.
    static var large: RolloutView {
        var rollout = moving
        var many = hosts(0..<500, "1.5.0", "ready")
        many[77] = host("web-77", "1.4.0", "failed: not ready within 30s")
        many[300] = host("web-300", "1.4.0", "downloading 99%")
        rollout.waves[1].hosts = many
        return rollout
    }
}
