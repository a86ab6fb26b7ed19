import Rollouts
import Specs
import Values
import Verdicts
import Wire

extension World {
    private static func entries(
        _ rollout: String, from start: Timestamp, _ facts: [(seconds: Int64, by: String, RolloutEvent.Fact, String)]
    ) -> [HistoryEntry] {
        facts.enumerated().map { place, fact in
            HistoryEntry(
                rollout: rollout,
                event: RolloutEvent(
                    sequence: place + 1, at: start + .seconds(fact.seconds), by: fact.by, fact: fact.2),
                sentence: fact.3)
        }
    }

    /// A reading of the check `errors` with these many bad of a thousand.
    private static func errors(canary: Double, baseline: Double) -> Reading {
        var reading = errors
        reading.value = canary / 1000
        reading.baseline = CohortCount(bad: baseline * 10, total: 10_000, hosts: 9)
        return reading
    }

    private static func undecided(canary: Double, baseline: Double) -> Reading {
        var reading = errors(canary: canary, baseline: baseline)
        reading.verdict = .undecided
        return reading
    }

    static func histories(_ now: Timestamp, later: Bool) -> [String: [HistoryEntry]] {
        let start = now - .minutes(11)
        var baking: [(seconds: Int64, by: String, RolloutEvent.Fact, String)] = [
            (0, "ci", .began, "The rollout of 2.5.0 began."),
            (1, "halcyon", .waveStarted(wave: 0), "Wave one started: eu-web-01."),
            (1, "halcyon", .released(hosts: HostSet([0])), "eu-web-01 was told to take 2.5.0."),
            (9, "halcyon", .waveReady(wave: 0), "Wave one is ready with 2.5.0."),
            (9, "halcyon", .bakeClock(running: true, baked: .zero, reason: ""), "The bake of wave one began."),
            (25, "halcyon", .judged(reading: undecided(canary: 6.9, baseline: 4.8)), "errors: undecided, 21 events."),
            (
                60, "halcyon", .judged(reading: errors(canary: 5.6, baseline: 5.1)),
                "errors passed: 0.56% against 0.51%."
            ),
            (90, "halcyon", .judged(reading: errors(canary: 4.9, baseline: 5.0)), "errors passed: 0.49% against 0.5%."),
            (129, "halcyon", .waveDone(wave: 0, readings: [errors(canary: 4.4, baseline: 5.2)]), "Wave one is done."),
            (130, "halcyon", .waveStarted(wave: 1), "Wave few started: 2 hosts."),
            (160, "halcyon", .waveReady(wave: 1), "Wave few is ready with 2.5.0."),
            (
                260, "halcyon", .judged(reading: errors(canary: 5.9, baseline: 4.9)),
                "errors passed: 0.59% against 0.49%."
            ),
            (
                400, "halcyon", .judged(reading: errors(canary: 4.2, baseline: 5.0)),
                "errors passed: 0.42% against 0.5%."
            ),
            (610, "halcyon", .judged(reading: errors), "errors passed: 0.48% against 0.5%."),
        ]
        if later {
            baking.append(
                (660, "maria", .paused(reason: "looking at the logs first"), "Paused: looking at the logs first."))
        }
        let bad = now - .hours(5)
        let rolledBack: [(seconds: Int64, by: String, RolloutEvent.Fact, String)] = [
            (0, "ci", .began, "The rollout of 2.3.9 began."),
            (1, "halcyon", .waveStarted(wave: 0), "Wave one started: eu-web-01."),
            (9, "halcyon", .waveReady(wave: 0), "Wave one is ready with 2.3.9."),
            (20, "halcyon", .judged(reading: errors(canary: 31, baseline: 5)), "errors: undecided, 34 events."),
            (
                38, "halcyon",
                .rollbackStarted(
                    cause: RollbackCause(
                        trigger: .check, by: "halcyon", reason: failedErrors.reason, reading: failedErrors,
                        refusesVersion: true, at: bad + .seconds(38))), "Rolling back: \(failedErrors.reason)."
            ),
            (
                41, "halcyon", .rolledBack(missing: HostSet([8])),
                "Rolled back. ap-web-03 is out of contact and follows later."
            ),
        ]
        let approval: [(seconds: Int64, by: String, RolloutEvent.Fact, String)] = [
            (0, "github-actions", .began, "The rollout of 2025-11-23.2 began."),
            (1, "halcyon", .waveStarted(wave: 0), "Wave one started: 2 hosts."),
            (150, "halcyon", .waveDone(wave: 0, readings: []), "Wave one is done."),
            (151, "halcyon", .waited(wave: 1, reason: "approval"), "Wave eu waits for an approval."),
        ]
        return [
            "r-7f3k2": entries("r-7f3k2", from: start, baking), "r-bad39": entries("r-bad39", from: bad, rolledBack),
            "r-appr1": entries("r-appr1", from: now - .hours(2), approval),
        ]
    }

    static func explanations(_ now: Timestamp) -> [String: [Explanation.Decision]] {
        [
            "r-7f3k2": [
                Explanation.Decision(
                    at: now - .minutes(11), by: "ci", what: "Wave one started",
                    why: ["The plan's first wave has no gate and no time window, and no freeze is in force."],
                    readings: []),
                Explanation.Decision(
                    at: now - .minutes(9), by: "halcyon", what: "Wave few started",
                    why: ["Wave one baked for 2 min and every check passed."], readings: [errors, queueDepth]),
            ],
            "r-bad39": [
                Explanation.Decision(
                    at: now - .hours(5) + .seconds(38), by: "halcyon", what: "Rolled back",
                    why: [
                        "The check errors failed: the canary had ten times the errors of the baseline.",
                        "The limit is baseline × 1.25 + 0.1%, which was 0.73%.",
                    ], readings: [failedErrors])
            ],
        ]
    }

    static func auditTrail(_ now: Timestamp) -> [AuditEntry] {
        let lines: [(String, String, String, String)] = [
            ("ci", "deploy", "rollout/r-7f3k2", "storefront 2.5.0"),
            (
                "github-actions", "deploy", "rollout/r-appr1",
                "checkout-with-a-remarkably-long-service-name 2025-11-23.2"
            ),
            ("maria", "apply", "service/storefront", "plan.waves[1].bake: 5m → 10m"),
            ("admin", "token.create", "token/ci", "role operator, for 90 d"),
            ("agent/eu-web-01", "join", "host/eu-web-01", "127.0.1.1"),
        ]
        return lines.enumerated().map { place, line in
            AuditEntry(
                sequence: Int64(90 - place), at: now - .minutes(Int64(place * place) * 31 + 11), by: line.0,
                action: line.1,
                subject: line.2, detail: line.3)
        }
    }
}
