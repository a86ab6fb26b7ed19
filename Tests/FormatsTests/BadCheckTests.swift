import Testing

/// What is said of checks of which each field is fine by itself.
@Suite struct BadCheckTests {
    @Test("kinds of checks: every mistake is named, with its place", arguments: kinds)
    func kindsTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("web requests: every mistake is named, with its place", arguments: probes)
    func probesTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    static let kinds: [BadDocument] = [
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                slo: { bad: a, total: b, objective: 99% }
                """,
            "f.yaml:6:5: checks[0].slo: a check has one kind, and here are ratio and slo (make two checks of it)"),
        BadDocument(
            check: """
                ratio: { bad: a, total: a }
                weight: 0
                """,
            "f.yaml:5:19: checks[0].ratio.bad: 'bad' and 'total' are the same, so that every event is a bad one (for example http_requests_total{code=~\"5..\"})",
            "f.yaml:6:13: checks[0].weight: a weight of 0.0 leaves the check no say: more than 0 (1 is usual, 2 counts double)"
        ),
        BadDocument(
            check: """
                ratio: { bad: a, total: b }
                tolerate: { relative: 1, absolute: 0% }
                critical: true
                dryRun: true
                """,
            "f.yaml:6:27: checks[0].tolerate.relative: the factor 1 tolerates nothing, so that any difference is a regression (add a bound of another kind, for example floor: 0.1%, or allow a quarter more: relative: 1.25)",
            "f.yaml:7:5: checks[0].critical: a dry-run check moves nothing, so it cannot be critical (remove one of both)"
        ),
        BadDocument(
            check: """
                gauge: memory_bytes
                tolerate: { relative: 1.1, floor: 1% }
                minimumEvents: 10
                """,
            "f.yaml:6:32: checks[0].tolerate.floor: 'floor' is a share of events, and a gauge has none (say by which factor it may grow: relative: 1.5)",
            "f.yaml:7:5: checks[0].minimumEvents: 'minimumEvents' does not belong to a check of kind gauge (it is for a ratio; the evidence itself says when there is enough of it)"
        ),
        BadDocument(
            check: "latency: { histogram: 'http_request_duration_seconds_bucket{path=\"/\"}' }",
            "f.yaml:5:27: checks[0].latency.histogram: 'http_request_duration_seconds_bucket' is a part of a histogram, not the histogram (write http_request_duration_seconds)"
        ),
        BadDocument(
            check: "slo: { bad: a, total: b, objective: 100% }",
            "f.yaml:5:41: checks[0].slo.objective: an objective of 100% is out of range: more than 0%, less than 100% (100% leaves no budget at all, so that the first bad event breaks it; 99.9% is usual)"
        ),
        BadDocument(
            check: "slo: { bad: a, total: b, objective: 0.1% }",
            "f.yaml:5:41: checks[0].slo.objective: warning: an objective of 0.1% allows 99.9% of the events to be bad (99.9% allows 0.1%)"
        ),
        BadDocument(
            check: """
                slo: { bad: a, total: b }
                tolerate: { relative: 2 }
                """,
            "f.yaml:5:10: checks[0].slo: 'objective' is missing (for example objective: 99.9%)"),
        BadDocument(
            check: "rate: { event: a }",
            "f.yaml:5:11: checks[0].rate: 'events' is missing (for example events: retries_total)",
            "f.yaml:5:13: checks[0].rate.event: unknown key 'event' (did you mean 'events'?)"),
        BadDocument(
            plan: """
                falseRollbacks: 1
                holdout: 120%
                control: restrat
                """,
            "f.yaml:5:19: plan.falseRollbacks: expected a percentage like 1%, found the number 1: the percent sign is missing",
            "f.yaml:6:12: plan.holdout: 120% is more than everybody: at most 100%",
            "f.yaml:7:12: plan.control: expected none or restart, found the text 'restrat' (did you mean 'restart'?)"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            dependsOn: [web, "a b"]
            checks: [{ name: errors, ratio: { bad: a, total: b } }]
            plan: { holdout: 0, waves: [{ name: all, bake: { atLeast: 5m, atMost: 2m } }] }
            """,
            "f.yaml:4:13: dependsOn[0]: a service does not depend on itself (remove it)",
            "f.yaml:4:18: dependsOn[1]: 'a b' is no name for a service (a name starts with a letter or digit and has at most 63 letters, digits, '.', '_' and '-')",
            "f.yaml:6:29: plan.waves[0]: wave 'all' is the first and has all hosts, and nobody is held out: there is no baseline to compare with (begin with a wave like { name: one, hosts: 1 }, or keep hosts back with holdout: 10%)",
            "f.yaml:6:59: plan.waves[0].bake.atLeast: 5m is more than the 2m of 'atMost' (a bake ends after it began)"),
    ]

    static let probes: [BadDocument] = [
        BadDocument(
            check: "web: { url: 'ftp://${ADDRESS}/' }",
            "f.yaml:5:17: checks[0].web.url: 'ftp' cannot be asked: http or https (for other protocols write a guardrail)"
        ),
        BadDocument(
            check: "web: { url: 'http://bob:secret@shop.example/' }",
            "f.yaml:5:17: checks[0].web.url: an address with a password would be shown to everybody who can see the service (leave out what stands before the '@', and let the path answer without it)"
        ),
        BadDocument(
            check: "web: { url: 'shop.example/healthz' }",
            "f.yaml:5:17: checks[0].web.url: expected an address like http://${ADDRESS}:8000/healthz, or a path like /healthz (write http://shop.example/healthz, or /shop.example/healthz)"
        ),
        BadDocument(
            check: "web: { url: /healthz, method: POST }",
            "f.yaml:5:17: checks[0].web.url: nothing says where to ask for it: there is no 'listen' (add listen: \"${ADDRESS}:8000\")",
            "f.yaml:5:35: checks[0].web.method: expected GET, HEAD or OPTIONS, found the text 'POST'"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web], handover: port, listen: "${ADDRESS}:8000" }
            checks:
              - { name: page, web: { url: /healthz } }
              - { name: own, web: { url: 'http://${ADDRESS}:${PORT}/' } }
              - { name: front, web: { url: 'http://${ADDRESS}:8000/' } }
            """,
            "f.yaml:5:31: checks[0].web.url: with 'handover: port' every instance has a port of its own, which only its host knows: it cannot be asked there (ask at a port that is always the same, like http://${ADDRESS}:8000/healthz, or count in the service's metrics what goes wrong, with a ratio)",
            "f.yaml:6:30: checks[1].web.url: with 'handover: port' every instance has a port of its own, which only its host knows: it cannot be asked there (ask at a port that is always the same, like http://${ADDRESS}:8000/healthz, or count in the service's metrics what goes wrong, with a ratio)"
        ),
        BadDocument(
            check: "web: { url: 'https://shop.example:80000/', every: 5s, timeout: 6s }",
            "f.yaml:5:17: checks[0].web.url: '80000' is no port: a port is a number from 1 to 65535",
            "f.yaml:5:68: checks[0].web.timeout: an answer may take 6s, but the next request follows after 5s ('timeout' is at most 'every')"
        ),
        BadDocument(
            check: "web: { url: 'https://shop.example/' }",
            "f.yaml:5:17: checks[0].web.url: warning: every instance is asked at the same place, so that a canary and its baseline cannot be told apart (write ${ADDRESS} for the instance's own address)"
        ),
        BadDocument(
            check: "web: { url: 'http://${ADRESS}:80/', method: HEAD, expect: { status: 99, body: ok } }",
            "f.yaml:5:17: checks[0].web.url: ${ADRESS} stands for nothing (did you mean ${ADDRESS}?)",
            "f.yaml:5:73: checks[0].web.expect.status: 99 is no HTTP status: 100 to 599",
            "f.yaml:5:83: checks[0].web.expect.body: an answer to HEAD has no body (ask with GET)"),
        BadDocument(
            check: "web: { url: 'http://${ADDRESS}:80/', expect: { status: 300-200, json: { path: 'a[x]' } } }",
            "f.yaml:5:60: checks[0].web.expect.status: expected an HTTP status like 200, or a range like 200-299, found the text '300-200'",
            "f.yaml:5:83: checks[0].web.expect.json.path: 'a[x]' is no path in a JSON document (keys and places, for example checks[0].state)"
        ),
    ]
}
