import Documents
import Formats
import Specs
import Testing
import Values

@Suite struct ReadSpecsTests {
    @Test("a service is read field by field")
    func service() throws {
        let (documents, issues) = readSpecs(files: [("storefront.yaml", storefront)])
        #expect(issues == [])
        guard case .service(let service) = try #require(documents.first).spec else { return #expect(Bool(false)) }
        #expect(service.name == "storefront")
        #expect(service.select == LabelSelector(["role": ["web"], "region": ["eu", "us"]]))
        #expect(
            service.run
                == RunSpec(
                    command: ["./storefront", "--port", "${PORT}"],
                    environment: ["LEVEL": "info", "HOME": "/srv/${SERVICE}"], listen: "${ADDRESS}:8000",
                    handover: .socket,
                    ready: ReadinessProbe(
                        method: .http(path: "/healthz"), within: .seconds(30), every: .milliseconds(100)),
                    drain: .seconds(10), lameDuck: .seconds(1),
                    metrics: MetricsSource(path: "/metrics", every: .seconds(5), timeout: .seconds(2)),
                    limits: ResourceLimits(memory: .mebibytes(512), cpu: 1.5, processes: 100),
                    logs: LogLimits(size: ByteSize(bytes: 1_500_000_000))))
        #expect(
            service.checks == [
                CheckSpec(
                    name: "errors",
                    kind: .ratio(bad: #"http_requests_total{code=~"5.."}"#, total: "http_requests_total"),
                    tolerate: Tolerance(relative: 1.25, absolute: Percentage(0.1)), minimumEvents: 100),
                CheckSpec(
                    name: "budget", kind: .guardrail(expression: #"slo:burnrate5m{service="storefront"} < 14.4"#),
                    dryRun: true),
            ])
        #expect(service.plan == plan)
    }

    private var plan: PlanSpec {
        PlanSpec(
            falseRollbacks: Percentage(0.5),
            waves: [
                WaveSpec(name: "one", hosts: .count(1), bake: .minutes(2)),
                WaveSpec(
                    name: "few", hosts: .percent(5), bake: .minutes(10), progressDeadline: .minutes(5),
                    failureBudget: .count(1)),
                WaveSpec(
                    name: "eu", select: LabelSelector(["region": ["eu"]]), maxUnavailable: .percent(10),
                    bake: .minutes(10), gate: .approval),
                WaveSpec(
                    name: "rest",
                    timeWindow: [
                        TimeWindow(days: [0, 1, 2, 3, 4], from: 540, until: 1020, zone: "Europe/Zurich"),
                        TimeWindow(days: [5], from: 1320, until: 120),
                    ]),
            ],
            watch: .minutes(30), rollback: RollbackSpec(maxUnavailable: .percent(50)), onLostHosts: .rollback)
    }

    @Test("the design's example is read")
    func design() {
        let (documents, issues) = readSpecs(files: [("f", designExample)])
        #expect(issues == [])
        #expect(documents.map(\.spec.name) == ["storefront"])
    }

    @Test("what is not written has its default")
    func defaults() throws {
        let (documents, issues) = readSpecs(files: [("f", "kind: Service\nname: web\nrun: { command: [./web] }")])
        #expect(issues == [])
        #expect(documents.first?.spec == .service(ServiceSpec(name: "web", run: RunSpec(command: ["./web"]))))
    }

    @Test("several documents of several files, with their places")
    func places() {
        let (documents, issues) = readSpecs(files: [("a.yaml", storefront), ("b.yml", others)])
        #expect(issues == [])
        #expect(
            documents.map { "\($0.file):\($0.line) \($0.spec.kind.rawValue) \($0.spec.name)" } == [
                "a.yaml:1 Service storefront", "b.yml:1 Freeze holidays", "b.yml:8 Receiver on-call",
                "b.yml:13 Receiver audit",
            ])
        #expect(
            documents.dropFirst().map(\.spec) == [
                .freeze(
                    FreezeSpec(
                        name: "holidays", reason: "nobody is at work",
                        from: Timestamp(milliseconds: 1_798_131_600_000),
                        until: Timestamp(milliseconds: 1_798_869_600_000),
                        services: ["storefront"])),
                .receiver(
                    ReceiverSpec(
                        name: "on-call", target: .slack(url: "https://hooks.slack.com/services/T0/B0/x"),
                        events: [.rolledBack, .needsPerson])),
                .receiver(
                    ReceiverSpec(
                        name: "audit", target: .webhook(url: "http://127.0.0.1:9000/hook?x=1"),
                        services: ["storefront", "search"])),
            ])
    }

    @Test("the same in JSON")
    func json() throws {
        let node = try #require(readDocuments(storefront, file: "f.yaml").nodes.first)
        let text = String(decoding: JSONWriter.write(node, style: .pretty), as: UTF8.self)
        let documents = readSpecs(files: [("f.json", text)]).documents
        #expect(documents.map(\.spec) == readSpecs(files: [("f.yaml", storefront)]).documents.map(\.spec))
    }

    @Test("the caller's parsers look at selectors and expressions")
    func queries() {
        let checks = QueryChecks(
            selector: { $0.contains("{") ? "column 20: bad matcher" : nil },
            expression: { _ in "column 40: no limit" })
        let (documents, issues) = readSpecs(files: [("f", storefront)], checks: checks)
        #expect(documents.isEmpty)
        #expect(
            issues.map(\.description) == [
                #"f:17:19: checks[0].ratio.bad: not a selector: column 20: bad matcher (for example http_requests_total{code=~"5.."})"#,
                "f:21:16: checks[1].guardrail: not a comparison: column 40: no limit (for example queue_length < 100)",
            ])
    }

    @Test("one document twice is an error, in two files too")
    func twice() {
        let (documents, issues) = readSpecs(files: [("a", others), ("b", "\n" + others)])
        #expect(documents.count == 3)
        #expect(
            issues.map(\.description).first
                == "b:3:7: name: there are two documents of Freeze 'holidays' (the first one is in a, line 2, column 7)"
        )
        #expect(issues.count == 3)
    }

    @Test("what a service looks like in YAML, and that it comes back")
    func yaml() throws {
        for document in readSpecs(files: [("a", storefront), ("b", others)]).documents {
            let text = YAMLWriter.write(document.spec.documentNode)
            #expect(readSpecs(files: [("f", text)]).documents.map(\.spec) == [document.spec])
        }
        let service = SpecDocument.service(
            ServiceSpec(name: "web", run: RunSpec(command: ["./web", "--at", "${PORT}"])))
        #expect(YAMLWriter.write(service.documentNode) == defaultsInFull)
    }

    private var defaultsInFull: String {
        """
        kind: Service
        name: web
        run:
          command: [./web, "--at", "${PORT}"]
          handover: restart
          ready:
            within: 30s
          drain: 10s
          lameDuck: 500ms
          logs:
            size: 16MiB
        plan:
          falseRollbacks: 1%
          waves:
            - name: one
              hosts: 1
              maxUnavailable: 25%
              bake: 2m
              progressDeadline: 10m
              failureBudget: 0
            - name: few
              hosts: 10%
              maxUnavailable: 25%
              bake: 5m
              progressDeadline: 10m
              failureBudget: 0
            - name: all
              hosts: 100%
              maxUnavailable: 25%
              bake: 5m
              progressDeadline: 10m
              failureBudget: 0
          watch: 30m
          rollback:
            to: previous
            maxUnavailable: 50%
          onLostHosts: hold
          control: none
          holdout: 2%
          withoutBaseline: hold

        """
    }

    @Test("four thousand broken documents end with documents or issues, never otherwise")
    func mutations() {
        var random = SeededGenerator(seed: 3)
        let pieces = [
            "{", "}", "[", "]", ":", "- ", "\n", "\t", "'", "\"", "&a ", "*a", "|\n", "%", "0", "-1", "~", "? ",
            "!!int ", "é", "#", "<<: ",
        ]
        for round in 0..<4_000 {
            var text = Array((round % 2 == 0 ? storefront : others).unicodeScalars)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text.remove(at: place)
                case 1:
                    text.insert(
                        contentsOf: Array(pieces.randomElement(using: &random)?.unicodeScalars ?? "".unicodeScalars),
                        at: place)
                case 2: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...40, using: &random)))
                default: text.swapAt(place, Int.random(in: 0..<text.count, using: &random))
                }
                if text.isEmpty { break }
            }
            let broken = String(String.UnicodeScalarView(text))
            let (documents, issues) = readSpecs(files: [("f", broken)])
            #expect(!documents.isEmpty || !issues.isEmpty)
            #expect(issues.allSatisfy { $0.line > 0 && $0.column > 0 })
        }
    }
}
