import Testing

/// What is said of mistakes in checks, plans, freezes and receivers.
@Suite struct BadPlanTests {
    @Test("checks: every mistake is named, with its place", arguments: checks)
    func checksTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("plans: every mistake is named, with its place", arguments: plan)
    func planTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("waves: every mistake is named, with its place", arguments: waves)
    func wavesTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("time windows: every mistake is named, with its place", arguments: windows)
    func windowsTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("freezes and receivers: every mistake is named, with its place", arguments: others)
    func othersTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    static let checks: [BadDocument] = [
        BadDocument(
            check: """
                alert: HighErrorRate
                tolerate: { relative: 1.10 }
                """,
            "f.yaml:5:5: checks[0].alert: there is no check kind 'alert' (kinds are ratio, latency, rate, gauge, guardrail, slo, peers and web)"
        ),
        BadDocument(
            check: "ratios: { bad: a, total: b }",
            "f.yaml:5:5: checks[0].ratios: unknown key 'ratios' (did you mean 'ratio'?)"),
        BadDocument(
            check: "dryRun: true",
            "f.yaml:4:5: checks[0]: the check does not say what it looks at (give it one of ratio, latency, rate, gauge, guardrail, slo, peers or web)"
        ),
        BadDocument(
            check: "ratio: { bad: a }",
            "f.yaml:5:12: checks[0].ratio: 'total' is missing (for example total: http_requests_total)"),
        BadDocument(
            check: "ratio: { bad: '', total: b, good: c }",
            "f.yaml:5:19: checks[0].ratio.bad: expected a selector, found an empty text",
            "f.yaml:5:33: checks[0].ratio.good: unknown key 'good' (known keys are bad and total)"),
        BadDocument(
            check: "ratio: a / b",
            "f.yaml:5:12: checks[0].ratio: expected a ratio (a mapping), found the text 'a / b' (its keys are bad and total)"
        ),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                guardrail: c < 1
                """,
            "f.yaml:6:5: checks[0].guardrail: a check has one kind, and here are ratio and guardrail (make two checks of it)"
        ),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                tolerate: { relative: 0.9, absolute: 0.1 }
                """,
            "f.yaml:6:27: checks[0].tolerate.relative: the factor 0.9 would refuse a canary that is no worse: at least 1 (1.25 allows a quarter more)",
            "f.yaml:6:42: checks[0].tolerate.absolute: expected a percentage like 1%, found the number 0.1: the percent sign is missing"
        ),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                tolerate: { relative: 10%, absolute: 120% }
                """,
            "f.yaml:6:27: checks[0].tolerate.relative: expected a factor like 1.25, found the text '10%'",
            "f.yaml:6:42: checks[0].tolerate.absolute: 120% is more than everything: at most 100%"),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                minimumEvents: 0
                dryRun: yes
                """,
            "f.yaml:6:20: checks[0].minimumEvents: 0 is too small: at least 1",
            "f.yaml:7:13: checks[0].dryRun: expected true or false, found the text 'yes' (write true)"),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                minimumEvents: 1.5
                """,
            "f.yaml:6:20: checks[0].minimumEvents: expected a whole number, found the number 1.5"),
        BadDocument(
            check: """
                guardrail: c < 1
                tolerate: { relative: 1.5 }
                """,
            "f.yaml:6:5: checks[0].tolerate: 'tolerate' does not belong to a check of kind guardrail (a guardrail's limit is in its expression)"
        ),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            checks:
              - { name: a, guardrail: b < 1 }
              - { name: a, guardrail: c < 1 }
            """,
            "f.yaml:6:13: checks[1].name: there are two checks named 'a' (the first one is at line 5, column 13)"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            checks: { name: a, guardrail: b < 1 }
            """,
            "f.yaml:4:9: checks: expected a list of checks, found a mapping"),
    ]

    static let plan: [BadDocument] = [
        BadDocument(
            plan: "falseRollbacks: 0.01",
            "f.yaml:5:19: plan.falseRollbacks: expected a percentage like 1%, found the number 0.01: the percent sign is missing"
        ),
        BadDocument(
            plan: "falseRollbacks: 0%",
            "f.yaml:5:19: plan.falseRollbacks: 0% is out of range: more than 0%, less than 50% (with no chance of a mistake nothing could ever be rolled back by its checks; 1% is usual)"
        ),
        BadDocument(
            plan: "falseRollbacks: 50%",
            "f.yaml:5:19: plan.falseRollbacks: 50% is out of range: more than 0%, less than 50% (every second good change would go back; 1% is usual)"
        ),
        BadDocument(
            plan: "watch: 30",
            "f.yaml:5:10: plan.watch: expected a duration like 30s, found the number 30: a duration needs a unit (30s is seconds, 30m minutes)"
        ),
        BadDocument(
            plan: "onLostHosts: rolback",
            "f.yaml:5:16: plan.onLostHosts: expected hold or rollback, found the text 'rolback' (did you mean 'rollback'?)"
        ),
        BadDocument(
            plan: "rollback: { to: 1.4.0 }",
            "f.yaml:5:19: plan.rollback.to: expected 'previous', found the text '1.4.0' (a rollback always goes to the version before)"
        ),
        BadDocument(
            plan: "rollback: { maxUnavailable: 0% }",
            "f.yaml:5:31: plan.rollback.maxUnavailable: with none allowed to be unavailable, no host can change: at least 1"
        ),
        BadDocument(
            plan: "waves: []",
            "f.yaml:5:10: plan.waves: a plan without waves (remove 'waves' for the usual three: 1 host, 10%, 100%)"),
        BadDocument(
            plan: """
                waves:
                  - { name: one, hosts: 1 }
                  - { name: few, hosts: 10% }
                """,
            "f.yaml:7:7: plan.waves[1]: the plan ends with wave 'few' and never reaches every host of the service (end with a wave like { name: rest, hosts: 100% })"
        ),
        BadDocument(
            plan: """
                waves:
                  - { name: eu, select: { region: eu } }
                """,
            "f.yaml:6:7: plan.waves[0]: the plan ends with wave 'eu' and never reaches every host of the service (end with a wave like { name: rest, hosts: 100% })"
        ),
        BadDocument(
            plan: """
                waves:
                  - { name: half, hosts: 50% }
                  - { name: few, hosts: 10% }
                  - { name: rest }
                """,
            "f.yaml:7:27: plan.waves[1].hosts: 10% is less than the 50% of wave 'half' (a wave's hosts include those of the waves before it)"
        ),
        BadDocument(
            plan: """
                waves:
                  - { name: ten, hosts: 10 }
                  - { name: two, hosts: 2 }
                  - { name: rest }
                """,
            "f.yaml:7:27: plan.waves[1].hosts: 2 is less than the 10 of wave 'ten' (a wave's hosts include those of the waves before it)"
        ),
        BadDocument(
            plan: """
                waves:
                  - { name: one, hosts: 1 }
                  - { name: one, hosts: 50% }
                  - { name: rest }
                """,
            "f.yaml:7:15: plan.waves[1].name: there are two waves named 'one' (the first one is at line 6, column 15)"),
        BadDocument(
            plan: """
                waves:
                  - { name: rest }
                  - { name: eu, select: { region: eu } }
                """,
            "f.yaml:7:7: plan.waves[1]: warning: wave 'eu' adds nobody: wave 'rest' before it has all hosts (remove it)"
        ),
        BadDocument(
            plan: """
                waves:
                  - { name: few, hosts: 5% }
                  - { name: more, hosts: 5% }
                  - { name: rest }
                """,
            "f.yaml:7:28: plan.waves[1].hosts: warning: wave 'more' adds nobody: wave 'few' has 5% already (give it more hosts)"
        ),
        BadDocument(
            plan: """
                waves:
                  - { hosts: 1 }
                  - { name: rest }
                """,
            "f.yaml:6:7: plan.waves[0]: 'name' is missing (for example name: one)"),
    ]

    static let waves: [BadDocument] = [
        BadDocument(
            wave: "hots: 1",
            "f.yaml:7:7: plan.waves[0].hots: unknown key 'hots' (did you mean 'hosts'?)"),
        BadDocument(
            wave: "hosts: 0",
            "f.yaml:7:14: plan.waves[0].hosts: a wave of no hosts (a wave has at least 1 host)"),
        BadDocument(
            wave: "hosts: 0%",
            "f.yaml:7:14: plan.waves[0].hosts: a wave of no hosts (a wave has at least 1 host)"),
        BadDocument(
            wave: "hosts: -1",
            "f.yaml:7:14: plan.waves[0].hosts: -1 is negative: a count is at least 0"),
        BadDocument(
            wave: "hosts: 120%",
            "f.yaml:7:14: plan.waves[0].hosts: 120% is more than everybody: at most 100%"),
        BadDocument(
            wave: "hosts: 0.05",
            "f.yaml:7:14: plan.waves[0].hosts: expected a count like 3 or a share like 5%, found the number 0.05 (write 5%)"
        ),
        BadDocument(
            wave: "hosts: few",
            "f.yaml:7:14: plan.waves[0].hosts: expected a count like 3 or a share like 5%, found the text 'few'"),
        BadDocument(
            wave: "maxUnavailable: 0",
            "f.yaml:7:23: plan.waves[0].maxUnavailable: with none allowed to be unavailable, no host can change: at least 1"
        ),
        BadDocument(
            wave: "bake: 10",
            "f.yaml:7:13: plan.waves[0].bake: expected a duration like 30s, found the number 10: a duration needs a unit (10s is seconds, 10m minutes)"
        ),
        BadDocument(
            wave: "bake: 10min",
            "f.yaml:7:13: plan.waves[0].bake: expected a duration like 30s, found the text '10min' (units are ms, s, m, h, d and w, as in 500ms or 1h30m)"
        ),
        BadDocument(
            wave: "gate: aproval",
            "f.yaml:7:13: plan.waves[0].gate: expected approval, found the text 'aproval' (did you mean 'approval'?)"),
        BadDocument(
            wave: "gate: true",
            "f.yaml:7:13: plan.waves[0].gate: expected approval, found true"),
        BadDocument(
            wave: """
                progressDeadline: 0s
                failureBudget: all
                """,
            "f.yaml:7:25: plan.waves[0].progressDeadline: 0s is too short: at least 1ms",
            "f.yaml:8:22: plan.waves[0].failureBudget: expected a count like 3 or a share like 5%, found the text 'all'"
        ),
    ]

    static let windows: [BadDocument] = [
        BadDocument(
            wave: #"timeWindow: { from: "09:00" }"#,
            #"f.yaml:7:19: plan.waves[0].timeWindow: 'until' is missing (for example until: "17:00")"#),
        BadDocument(
            wave: #"timeWindow: { from: 9, until: "25:00" }"#,
            #"f.yaml:7:27: plan.waves[0].timeWindow.from: expected a time of day like "09:00", found the number 9"#,
            "f.yaml:7:37: plan.waves[0].timeWindow.until: 25:00 is no time of day (the last is 24:00)"),
        BadDocument(
            wave: #"timeWindow: { from: 9am, until: "17:60" }"#,
            #"f.yaml:7:27: plan.waves[0].timeWindow.from: expected a time of day like "09:00", found the text '9am'"#,
            "f.yaml:7:39: plan.waves[0].timeWindow.until: 17:60 is no time of day (the last is 24:00)"),
        BadDocument(
            wave: #"timeWindow: { days: monday-friday, from: "09:00", until: "17:00" }"#,
            "f.yaml:7:27: plan.waves[0].timeWindow.days: 'monday' is no day (did you mean 'mon'?)"),
        BadDocument(
            wave: #"timeWindow: { days: [mon, fry], from: "09:00", until: "17:00" }"#,
            "f.yaml:7:33: plan.waves[0].timeWindow.days[1]: 'fry' is no day (did you mean 'fri'?)"),
        BadDocument(
            wave: #"timeWindow: { days: [], from: "09:00", until: "17:00" }"#,
            "f.yaml:7:27: plan.waves[0].timeWindow.days: no day is allowed, so the wave would never start (remove 'days' for every day)"
        ),
        BadDocument(
            wave: #"timeWindow: { from: "09:00", until: "17:00", zone: Europ/Zurich }"#,
            "f.yaml:7:58: plan.waves[0].timeWindow.zone: 'Europ/Zurich' is no time zone (did you mean 'Europe/Zurich'?)"
        ),
        BadDocument(
            wave: #"timeWindow: { from: "09:00", until: "17:00", zone: UTC+1 }"#,
            "f.yaml:7:58: plan.waves[0].timeWindow.zone: 'UTC+1' is no time zone (write UTC, or an area and city like Europe/Zurich)"
        ),
        BadDocument(
            wave: #"timeWindow: { from: "09:00", until: "17:00", zone: Zurich }"#,
            "f.yaml:7:58: plan.waves[0].timeWindow.zone: 'Zurich' is no time zone (write UTC, or an area and city like Europe/Zurich)"
        ),
        BadDocument(
            wave: #"timeWindow: { from: 0900, until: "17:00" }"#,
            "f.yaml:7:27: 0900 is one number to some readers and another to others, because of the leading zero (write it without the zero, or in quotes)"
        ),
    ]

    static let others: [BadDocument] = [
        BadDocument(
            """
            kind: Plan
            name: careful
            wave: []
            waves: [{ name: some, hosts: 50% }, { name: fewer, hosts: 10% }]
            """,
            "f.yaml:3:1: wave: unknown key 'wave' (did you mean 'waves'?)",
            "f.yaml:4:37: waves[1]: the plan ends with wave 'fewer' and never reaches every host of the service (end with a wave like { name: rest, hosts: 100% })",
            "f.yaml:4:59: waves[1].hosts: 10% is less than the 50% of wave 'some' (a wave's hosts include those of the waves before it)"
        ),
        BadDocument(
            """
            kind: Freeze
            name: a
            reason: ' '
            from: tomorrow
            until: 2026-12-24
            """,
            "f.yaml:3:9: reason: expected a reason, found an empty text",
            "f.yaml:4:7: from: expected a time like 2026-12-24T18:00:00Z, found the text 'tomorrow' (date, time and zone as in RFC 3339, for example 2026-12-24T18:00:00+01:00)",
            "f.yaml:5:8: until: expected a time like 2026-12-24T18:00:00Z, found the text '2026-12-24' (date, time and zone as in RFC 3339, for example 2026-12-24T18:00:00+01:00)"
        ),
        BadDocument(
            """
            kind: Freeze
            name: a
            reason: b
            from: 2027-01-02T06:00:00Z
            until: 2026-12-24T18:00:00Z
            service: [web]
            """,
            "f.yaml:5:8: until: it ends before it begins ('until' is later than 'from')",
            "f.yaml:6:1: service: unknown key 'service' (did you mean 'services'?)"),
        BadDocument(
            """
            kind: Receiver
            name: a
            """,
            "f.yaml:1:1: the receiver has no address (give it one of slack or webhook, for example webhook: { url: https://example.com/hook })"
        ),
        BadDocument(
            """
            kind: Receiver
            name: a
            webhook: { url: ftp://secret.example.com/x }
            slack: { url: https://hooks.slack.com/x }
            """,
            "f.yaml:3:1: webhook: a receiver has one address (make two receivers of it)"),
        BadDocument(
            """
            kind: Receiver
            name: a
            webhook: { url: "https:///secret" }
            events: [rolledback, finished]
            services: ["*"]
            """,
            "f.yaml:3:17: webhook.url: the URL names no host",
            "f.yaml:4:10: events[0]: expected started, waveDone, held, undecided, rollingBack, rolledBack, needsPerson or done, found the text 'rolledback' (did you mean 'rolledBack'?)",
            "f.yaml:4:22: events[1]: expected started, waveDone, held, undecided, rollingBack, rolledBack, needsPerson or done, found the text 'finished'",
            "f.yaml:5:12: services[0]: '*' is no name for a service (a name starts with a letter or digit and has at most 63 letters, digits, '.', '_' and '-')"
        ),
        BadDocument(
            """
            kind: Receiver
            name: a
            slack: { uri: https://hooks.slack.com/x }
            """,
            "f.yaml:3:8: slack: 'url' is missing (for example url: https://example.com/hook)",
            "f.yaml:3:10: slack.uri: unknown key 'uri' (did you mean 'url'?)"),
        BadDocument(
            """
            kind: Receiver
            name: a
            webhook: { url: 12345 }
            """,
            "f.yaml:3:17: webhook.url: expected a URL like https://example.com/hook, found a number (put it in quotes)"),
    ]
}
