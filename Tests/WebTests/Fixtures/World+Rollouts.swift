import Rollouts
import Specs
import Values
import Verdicts
import Wire

extension World {
    static func wave(
        _ name: String, _ state: WaveView.State, _ hosts: ArraySlice<String>, bake: Period = .minutes(10),
        gate: Gate? = nil, from old: String = "2.4.0", to new: String = "2.5.0"
    ) -> WaveView {
        let isNew = state == .done || state == .baking
        let views = hosts.enumerated().map { place, host in
            var view = WaveHostView(
                host: host, contact: .connected, version: isNew ? new : old, ready: true,
                detail: isNew ? "ready" : "waiting")
            if state == .moving {
                if place == 0 { (view.version, view.detail) = (new, "ready") }
                if place == 1 { view.detail = "downloading 35%" }
                if place == 2 { view.detail = "failed: not ready within 30s" }
            }
            if state == .rolledBack { view.detail = "rolled back" }
            if host == "ap-web-03" { (view.contact, view.detail) = (.unknown, "not heard of for 7 min") }
            return view
        }
        return WaveView(name: name, state: state, gate: gate, bake: bake, hosts: views)
    }

    static let errors = Reading(
        check: "errors", verdict: .pass,
        reason: "canary 0.48% of 8,204 requests bad, baseline 0.5% of 39,876: 0.95 times as many (0.62 to 1.41 with "
            + "95% confidence); 2 times as many or more is excluded, 45 to 1 (20 to 1 was needed)",
        canary: CohortCount(bad: 39, total: 8204, hosts: 3), baseline: CohortCount(bad: 199, total: 39_876, hosts: 9),
        limit: 0.0073, value: 0.00475,
        evidence: Evidence(
            log: -2.1, threshold: 5.3, proof: 3.8, proofThreshold: 2.996, excludes: 2,
            effect: Evidence.Effect(ratio: 0.95, lower: 0.62, upper: 1.41, confidence: 0.95),
            allowances: [
                "the first 60 s of each canary host count as a cold start (1,210 of 8,204): only a crash is told from them",
                "zone eu-b has no baseline host and is left out",
            ]))
    static let failedErrors = Reading(
        check: "errors", verdict: .fail,
        reason: "canary 5.2% of 1,204 requests bad, baseline 0.5% of 9,876: 10 times as many (6.7 to 16 with 95% "
            + "confidence); evidence 31,000 to 1, a rollback needs 250 to 1",
        canary: CohortCount(bad: 63, total: 1204, hosts: 1), baseline: CohortCount(bad: 49, total: 9876, hosts: 11),
        limit: 0.0073, value: 0.0523,
        evidence: Evidence(
            log: 10.34, threshold: 5.52, proof: -9, proofThreshold: 2.996, excludes: 2,
            effect: Evidence.Effect(ratio: 10.5, lower: 6.7, upper: 16, confidence: 0.95),
            parts: [
                Evidence.Part(name: "per tick", log: 11.1, weight: 0.8),
                Evidence.Part(name: "crash", log: 3, weight: 0.2),
            ]))
    static let queueDepth = Reading(
        check: "queue-depth", verdict: .pass, reason: "max(queue_depth) is 212, which is below 500", dryRun: true,
        limit: 500, value: 212)
    static let latency = Reading(
        check: "slow-requests", verdict: .undecided, reason: "12 of the 50 events that it takes were seen",
        lacksData: true,
        canary: CohortCount(bad: 0, total: 12, hosts: 3), baseline: CohortCount(bad: 4, total: 620, hosts: 9))
    /// It may yet go either way.
    static let tail = Reading(
        check: "latency", verdict: .undecided,
        reason: "canary 1.4% of 8,204 requests slow, baseline 1% of 39,876: 1.37 times as many (at least 0.9 with "
            + "95% confidence); evidence 4 to 1, a rollback needs 500 to 1; that 2 times as many or more is excluded stands at "
            + "3 to 1 of 20 to 1; not decided, about 6 min more at this traffic",
        canary: CohortCount(bad: 115, total: 8204, hosts: 3), baseline: CohortCount(bad: 399, total: 39_876, hosts: 9),
        limit: 0.0125, value: 0.014,
        evidence: Evidence(
            log: 1.4, threshold: 6.2, proof: 1.1, proofThreshold: 2.996, excludes: 2,
            effect: Evidence.Effect(ratio: 1.37, lower: 0.9, upper: nil, confidence: 0.95),
            parts: [
                Evidence.Part(name: "body", log: -0.4, weight: 0.5), Evidence.Part(name: "tail", log: 2, weight: 0.5),
            ], allowances: ["bursts: the counts of one host and tick weigh 1.8 times less"], expectedSeconds: 372))

    static func baking(_ names: [String], _ now: Timestamp, later: Bool) -> RolloutView {
        let few = max(3, names.count / 4)
        return RolloutView(
            id: "r-7f3k2", service: "storefront", version: "2.5.0", previous: "2.4.0", phase: .baking,
            summary: later ? "Wave few is paused; nothing moves." : "Wave few bakes: 6 min 30 s of 10 min.",
            needsPerson: false, wave: 1,
            waves: [
                wave("one", .done, names[0..<1], bake: .minutes(2)), wave("few", .baking, names[1..<few]),
                wave("eu", .pending, names[few..<(few + names.count / 4)], gate: .approval),
                wave("rest", .pending, names[(few + names.count / 4)...], bake: .minutes(5)),
            ],
            pause: later ? Intervention(by: "maria", reason: "looking at the logs first", at: now) : nil, hold: nil,
            rollback: nil, readings: [errors, tail, latency, queueDepth], baked: .seconds(390),
            bakeTarget: .minutes(10),
            createdAt: now - .minutes(11), createdBy: "ci", endedAt: nil, leftBehind: [], sequence: later ? 15 : 14,
            budget: BudgetView(chance: 0.01, log: 0.6, peak: 1.7, threshold: 4.605))
    }

    static func approval(_ names: [String], _ now: Timestamp) -> RolloutView {
        let reason = "Wave eu waits for an approval."
        return RolloutView(
            id: "r-appr1", service: "checkout-with-a-remarkably-long-service-name", version: "2025-11-23.2",
            previous: "2025-11-20.1", phase: .waiting, summary: reason, needsPerson: true, wave: 1,
            waves: [
                wave("one", .done, names[0..<2], bake: .minutes(2), from: "2025-11-20.1", to: "2025-11-23.2"),
                wave("eu", .waiting, names[2..<6], gate: .approval, from: "2025-11-20.1", to: "2025-11-23.2"),
                wave("everyone-else-in-the-world", .pending, names[6...], from: "2025-11-20.1", to: "2025-11-23.2"),
            ],
            pause: nil, hold: nil, rollback: nil, readings: [], baked: .zero, bakeTarget: .minutes(10),
            createdAt: now - .hours(2), createdBy: "github-actions", endedAt: nil, leftBehind: [], sequence: 9)
    }

    static func queued(_ now: Timestamp) -> RolloutView {
        RolloutView(
            id: "r-queue", service: "checkout-with-a-remarkably-long-service-name", version: "2025-11-23.3",
            previous: "2025-11-23.2", phase: .queued, summary: "Waits until r-appr1 has ended.", needsPerson: false,
            wave: 0,
            waves: [], pause: nil, hold: nil, rollback: nil, readings: [], baked: .zero, bakeTarget: .zero,
            createdAt: now - .minutes(25), createdBy: "github-actions", endedAt: nil, leftBehind: [], sequence: 0)
    }

    static func rolledBack(_ names: [String], _ now: Timestamp) -> RolloutView {
        RolloutView(
            id: "r-bad39", service: "storefront", version: "2.3.9", previous: "2.4.0", phase: .rolledBack,
            summary: "Rolled back; 11 of 12 hosts run 2.4.0, 1 is out of contact.", needsPerson: true, wave: 0,
            waves: [
                wave("one", .rolledBack, names[0..<1], bake: .minutes(2), to: "2.3.9"),
                wave("few", .pending, names[1..<3], to: "2.3.9"), wave("rest", .pending, names[3...], to: "2.3.9"),
            ],
            pause: nil, hold: nil,
            rollback: RollbackCause(
                trigger: .check, by: "halcyon", reason: failedErrors.reason, reading: failedErrors,
                refusesVersion: true,
                at: now - .hours(5) + .seconds(38)), readings: [failedErrors], baked: .seconds(21),
            bakeTarget: .minutes(2), createdAt: now - .hours(5), createdBy: "ci",
            endedAt: now - .hours(5) + .seconds(41), leftBehind: ["ap-web-03"], sequence: 11)
    }

    static func done(_ names: [String], _ now: Timestamp) -> RolloutView {
        RolloutView(
            id: "r-ok240", service: "search", version: "8.1.3", previous: "8.1.2", phase: .done,
            summary: "Done: every host runs 8.1.3.", needsPerson: false, wave: 1,
            waves: [
                wave("one", .done, names[0..<1], from: "8.1.2", to: "8.1.3"),
                wave("rest", .done, names[1..<4], from: "8.1.2", to: "8.1.3"),
            ],
            pause: nil, hold: nil, rollback: nil, readings: [errors], baked: .minutes(30), bakeTarget: .minutes(30),
            createdAt: now - .hours(70), createdBy: "ci", endedAt: now - .hours(69), leftBehind: [], sequence: 22)
    }
}
