import Testing

/// What is said of mistakes in documents and in `run`.
@Suite struct BadServiceTests {
    @Test("documents: every mistake is named, with its place", arguments: document)
    func documentTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("how a service is run: every mistake is named, with its place", arguments: run)
    func runTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    @Test("commands: every mistake is named, with its place", arguments: command)
    func commandTest(bad: BadDocument) {
        #expect(bad.found == bad.issues)
    }

    static let document: [BadDocument] = [
        BadDocument(
            """
            kind: Servce
            name: web
            """,
            "f.yaml:1:7: kind: expected Service, Plan, Freeze or Receiver, found the text 'Servce' (did you mean 'Service'?)"
        ),
        BadDocument(
            """
            kind: service
            name: web
            run: { command: [./web] }
            """,
            "f.yaml:1:7: kind: expected Service, Plan, Freeze or Receiver, found the text 'service' (did you mean 'Service'?)"
        ),
        BadDocument(
            """
            name: web
            run: { command: [./web] }
            """,
            "f.yaml:1:1: 'kind' is missing (kinds are Service, Plan, Freeze and Receiver)"),
        BadDocument(
            """
            kind: Service
            run: { command: [./web] }
            """,
            "f.yaml:1:1: 'name' is missing (for example name: storefront)"),
        BadDocument(
            """
            kind: Service
            name: web server
            run: { command: [./web] }
            """,
            "f.yaml:2:7: name: 'web server' is no name for a service (a name starts with a letter or digit and has at most 63 letters, digits, '.', '_' and '-')"
        ),
        BadDocument(
            """
            kind: Service
            name: ""
            run: { command: [./web] }
            """,
            "f.yaml:2:7: name: the service has an empty name (a name starts with a letter or digit and has at most 63 letters, digits, '.', '_' and '-')"
        ),
        BadDocument(
            """
            kind: Service
            name: web
            """,
            #"f.yaml:1:1: 'run' is missing (for example run: { command: ["./web"] })"#),
        BadDocument(
            """
            kind: Service
            name: 7
            run: { command: [./web] }
            """,
            #"f.yaml:2:7: name: expected a name, found the number 7 (put it in quotes: "7")"#),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            plans: {}
            """,
            "f.yaml:4:1: plans: unknown key 'plans' (did you mean 'plan'?)"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            select: { region: [] }
            """,
            "f.yaml:4:19: select.region: no value is allowed, so no host can match (name at least one value, or remove the label)"
        ),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            select: { rack: 12, ring: [a, no, true] }
            """,
            #"f.yaml:4:17: select.rack: expected a label's value, or a list of them, found the number 12 (put it in quotes: "12")"#,
            #"f.yaml:4:35: select.ring[2]: expected a label's value, found true (put it in quotes: "true")"#),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            select: eu
            """,
            "f.yaml:4:9: select: expected labels like { region: eu }, found the text 'eu'"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web] }
            plan:
            """,
            "f.yaml:4:6: plan: expected a plan (a mapping), found nothing (its keys are falseRollbacks, waves, watch, rollback, onLostHosts, control, holdout and withoutBaseline)"
        ),
        BadDocument(
            "just a text",
            "f.yaml:1:1: expected a document with a kind, found the text 'just a text' (kinds are Service, Plan, Freeze and Receiver)"
        ),
        BadDocument(
            "# nothing here",
            "f.yaml:1:1: the file holds no document (a document starts with kind: Service, for example)"),
        BadDocument(
            """
            kind: Freeze
            name: a
            reason: b
            from: 2026-12-24T18:00:00Z
            until: 2027-01-02T06:00:00Z
            ---
            kind: Freeze
            name: a
            reason: b
            from: 2026-12-24T18:00:00Z
            until: 2027-01-02T06:00:00Z
            """,
            "f.yaml:8:7: name: there are two documents of Freeze 'a' (the first one is in f.yaml, line 2, column 7)"),
    ]

    static let run: [BadDocument] = [
        BadDocument(
            run: """
                listen: "${ADDRESS}:8000"
                metrics: { sampelLimit: 5, labelLimit: 0, bodySizeLimit: 5MiB, honorLabels: 1 }
                """,
            "f.yaml:6:14: run.metrics.sampelLimit: unknown key 'sampelLimit' (did you mean 'sampleLimit'?)",
            "f.yaml:6:42: run.metrics.labelLimit: 0 is not within 1 and 1000",
            "f.yaml:6:60: run.metrics.bodySizeLimit: 5MiB is too large: no answer may have more than 4MiB",
            "f.yaml:6:79: run.metrics.honorLabels: expected true or false, found the number 1"),
        BadDocument(
            run: "comand: []",
            "f.yaml:5:3: run.comand: unknown key 'comand' (did you mean 'command'?)"),
        BadDocument(
            run: "drain: 30",
            "f.yaml:5:10: run.drain: expected a duration like 30s, found the number 30: a duration needs a unit (30s is seconds, 30m minutes)"
        ),
        BadDocument(
            run: "drain: '30'",
            "f.yaml:5:10: run.drain: expected a duration like 30s, found the text '30': a duration needs a unit (30s is seconds, 30m minutes)"
        ),
        BadDocument(
            run: "drain: -5s",
            "f.yaml:5:10: run.drain: -5s is negative: a duration is at least 0s"),
        BadDocument(
            run: "drain: 5 minutes",
            "f.yaml:5:10: run.drain: expected a duration like 30s, found the text '5 minutes' (units are ms, s, m, h, d and w, as in 500ms or 1h30m)"
        ),
        BadDocument(
            run: "drain: [5s]",
            "f.yaml:5:10: run.drain: expected a duration like 30s, found a list"),
        BadDocument(
            run: "lameDuck:",
            "f.yaml:5:12: run.lameDuck: expected a duration like 30s, found nothing"),
        BadDocument(
            run: """
                handover: sockets
                listen: "${ADDRESS}:8000"
                """,
            "f.yaml:5:13: run.handover: expected socket, port or restart, found the text 'sockets' (did you mean 'socket'?)"
        ),
        BadDocument(
            run: "handover: socket",
            #"f.yaml:5:13: run.handover: handover 'socket' needs 'listen': there is no socket to pass on (add listen: "${ADDRESS}:8000")"#
        ),
        BadDocument(
            run: #"listen: "${ADDRESS}""#,
            "f.yaml:5:11: run.listen: '${ADDRESS}' has no port (write ${ADDRESS}:8000)"),
        BadDocument(
            run: #"listen: "${ADDRES}:8000""#,
            "f.yaml:5:11: run.listen: ${ADDRES} stands for nothing (did you mean ${ADDRESS}?)"),
        BadDocument(
            run: #"listen: ":8000""#,
            "f.yaml:5:11: run.listen: ':8000' has no address (write ${ADDRESS}:8000, or 0.0.0.0:8000 for every address)"
        ),
        BadDocument(
            run: "listen: 127.0.0.1:80000",
            "f.yaml:5:11: run.listen: '80000' is no port: a port is a number from 1 to 65535"),
        BadDocument(
            run: #"listen: "::1""#,
            "f.yaml:5:11: run.listen: '::1' has no port (write [::1]:8000)"),
        BadDocument(
            run: "listen: 8000",
            #"f.yaml:5:11: run.listen: expected an address like ${ADDRESS}:8000, found the number 8000 (put it in quotes: "8000")"#
        ),
        BadDocument(
            run: #"environment: { LEVEL: debug, HOME: "${HOEM}" }"#,
            "f.yaml:5:38: run.environment.HOME: ${HOEM} stands for nothing (did you mean ${HOST}?)"),
        BadDocument(
            run: #"environment: { DEBUG: no, RETRIES: 3, "A=B": x }"#,
            #"f.yaml:5:38: run.environment.RETRIES: expected a text, found the number 3 (put it in quotes: "3")"#,
            "f.yaml:5:48: run.environment.A=B: 'A=B' is no name for a variable (a name is not empty and has no '=')"),
        BadDocument(
            run: #"environment: { TOKEN: "${TOKEN" }"#,
            "f.yaml:5:25: run.environment.TOKEN: '${' without '}'"),
        BadDocument(
            run: "environment: [A=1]",
            "f.yaml:5:16: run.environment: expected variables like { LEVEL: info }, found a list"),
        BadDocument(
            run: "ready: { http: /healthz }",
            #"f.yaml:5:18: run.ready.http: nothing says on which port: there is no 'listen' (add listen: "${ADDRESS}:8000")"#
        ),
        BadDocument(
            run: """
                ready: { http: healthz }
                listen: "${ADDRESS}:8000"
                """,
            "f.yaml:5:18: run.ready.http: 'healthz' is no path (it starts with '/', for example /healthz)"),
        BadDocument(
            run: """
                ready: { http: /healthz, tcp: true }
                listen: "${ADDRESS}:8000"
                """,
            "f.yaml:5:28: run.ready.tcp: one way to ask is enough: http and tcp are here (keep one of them)"),
        BadDocument(
            run: "ready: { tcp: false }",
            "f.yaml:5:17: run.ready.tcp: false means nothing here (remove the key)"),
        BadDocument(
            run: "ready: { notify: yes }",
            "f.yaml:5:20: run.ready.notify: expected true or false, found the text 'yes' (write true)"),
        BadDocument(
            run: """
                ready: { tcp: true, within: 0s, every: 1ms, failures: 0, restartAfter: 1 }
                listen: "127.0.0.1:1"
                """,
            "f.yaml:5:31: run.ready.within: 0s is too short: at least 1ms",
            "f.yaml:5:42: run.ready.every: 1ms is too short: at least 10ms",
            "f.yaml:5:57: run.ready.failures: 0 is not within 1 and 100",
            "f.yaml:5:74: run.ready.restartAfter: expected a duration like 30s, found the number 1: a duration needs a unit (1s is seconds, 1m minutes)"
        ),
        BadDocument(
            run: "ready: { notify: true, every: 1s, failures: 2 }",
            "f.yaml:5:47: run.ready.failures: 'failures' means nothing with notify: the instance is not asked (add http or tcp, or remove it)"
        ),
        BadDocument(
            run: "ready: /healthz",
            "f.yaml:5:10: run.ready: expected a readiness probe (a mapping), found the text '/healthz' (its keys are http, tcp, notify, within, every, timeout, failures and restartAfter)"
        ),
        BadDocument(
            run: "metrics: { path: /metrics }",
            #"f.yaml:5:12: run.metrics: nothing says on which port: there is no 'listen' (add listen: "${ADDRESS}:8000")"#
        ),
        BadDocument(
            run: """
                metrics: { path: metrics, every: 100ms, timeout: 0 }
                listen: "${ADDRESS}:8000"
                """,
            "f.yaml:5:20: run.metrics.path: 'metrics' is no path (it starts with '/', for example /healthz)",
            "f.yaml:5:36: run.metrics.every: 100ms is too short: at least 1s",
            "f.yaml:5:52: run.metrics.timeout: 0 is too short: at least 1ms"),
        BadDocument(
            run: "limits: { memory: 64, cpu: 0, processes: 0 }",
            "f.yaml:5:21: run.limits.memory: expected a size like 64MiB, found the number 64: a size needs a unit (64B is bytes, 64MiB mebibytes)",
            "f.yaml:5:30: run.limits.cpu: too few processors: a limit is 0.01 to 4096",
            "f.yaml:5:44: run.limits.processes: 0 is too small: at least 1"),
        BadDocument(
            run: "limits: { cpu: 100000000000000 }",
            "f.yaml:5:18: run.limits.cpu: too many processors: a limit is 0.01 to 4096"),
        BadDocument(
            run: "limits: { memory: 64M, cpu: half, process: 10 }",
            "f.yaml:5:21: run.limits.memory: expected a size like 64MiB, found the text '64M' (units are B, KiB, MiB, GiB, TiB, KB, MB, GB and TB)",
            "f.yaml:5:31: run.limits.cpu: expected a number of processors like 0.5, found the text 'half'",
            "f.yaml:5:37: run.limits.process: unknown key 'process' (did you mean 'processes'?)"),
        BadDocument(
            run: "logs: { size: 0MiB }",
            "f.yaml:5:17: run.logs.size: 0MiB is no room at all: a size is at least 1B"),
        BadDocument(
            run: #"listen: "${ADDRESS}:${PORT}""#,
            "f.yaml:5:11: run.listen: ${PORT} stands for nothing here: only with 'handover: port' has an instance a port of its own (write the port itself, for example ${ADDRESS}:8000)"
        ),
        BadDocument(
            run: #"environment: { URL: "http://${HOST}:${PORT}/" }"#,
            #"f.yaml:5:23: run.environment.URL: ${PORT} stands for nothing: there is no 'listen' (add listen: "${ADDRESS}:8000")"#
        ),
        BadDocument(
            run: #"environment: { HALCYON_HOST: a, LISTEN_FDS: "1" }"#,
            "f.yaml:5:32: run.environment.HALCYON_HOST: the agent sets HALCYON_HOST itself (choose another name)",
            "f.yaml:5:47: run.environment.LISTEN_FDS: the agent sets LISTEN_FDS itself (choose another name)"),
        BadDocument(
            run: "ready: tcp",
            #"f.yaml:5:10: run.ready: nothing says on which port: there is no 'listen' (add listen: "${ADDRESS}:8000")"#
        ),
        BadDocument(
            run: "listen: localhost:8000",
            "f.yaml:5:11: run.listen: 'localhost' is no address (write ${ADDRESS}, or an IP address like 127.0.0.1 or [::1])"
        ),
    ]

    static let command: [BadDocument] = [
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [] }
            """,
            #"f.yaml:3:17: run.command: the command is empty (its first item is the program, for example "./server")"#),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: ./web --port 80 }
            """,
            #"f.yaml:3:17: run.command: expected a list of texts, found the text './web --port 80' (no shell reads it: write each argument as an item, like ["./server", "--port", "8000"])"#
        ),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web, --port, 8000] }
            """,
            #"f.yaml:3:33: run.command[2]: expected a text, found the number 8000 (put it in quotes: "8000")"#),
        BadDocument(
            """
            kind: Service
            name: web
            run: { command: [./web, "--port=${PROT}"] }
            """,
            "f.yaml:3:25: run.command[1]: ${PROT} stands for nothing (did you mean ${PORT}?)"),
        BadDocument(
            """
            kind: Service
            name: web
            run: { drain: 5s }
            """,
            #"f.yaml:3:6: run: 'command' is missing (for example command: ["./server", "--port", "${PORT}"])"#),
    ]
}
