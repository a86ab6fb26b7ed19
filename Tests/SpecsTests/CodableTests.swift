import Documents
import Foundation
import Specs
import Testing
import Values

/// The Codable form of every spec is its document form.
@Suite struct CodableTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func roundTrip<Value: Codable & Equatable>(_ value: Value, as expected: String? = nil) throws {
        let text = try json(value)
        if let expected { #expect(text == expected) }
        #expect(try JSONDecoder().decode(Value.self, from: Data(text.utf8)) == value)
    }

    @Test("readiness probes")
    func probes() throws {
        try roundTrip(
            ReadinessProbe(method: .http(path: "/healthz")),
            as: #"{"every":"5s","failures":3,"http":"/healthz","timeout":"2s","within":"30s"}"#)
        try roundTrip(ReadinessProbe(method: .notify), as: #"{"notify":true,"within":"30s"}"#)
        try roundTrip(ReadinessProbe(within: .seconds(90)), as: #"{"within":"1m30s"}"#)
        try roundTrip(
            ReadinessProbe(method: .tcp, timeout: .seconds(1), failures: 5, restartAfter: .minutes(2)),
            as: #"{"every":"5s","failures":5,"restartAfter":"2m","tcp":true,"timeout":"1s","within":"30s"}"#)
    }

    @Test("metrics: limits only where they were said")
    func metrics() throws {
        try roundTrip(MetricsSource(), as: #"{"every":"5s","path":"/metrics","timeout":"3s"}"#)
        var rules = ScrapeRules(honorLabels: true, honorTimestamps: true, sampleLimit: 5)
        (rules.labelLimit, rules.labelNameLengthLimit, rules.labelValueLengthLimit) = (6, 7, 8)
        rules.bodySizeLimit = .mebibytes(1)
        try roundTrip(
            MetricsSource(rules: rules),
            as:
                #"{"bodySizeLimit":"1MiB","every":"5s","honorLabels":true,"honorTimestamps":true,"labelLimit":6,"labelNameLengthLimit":7,"labelValueLengthLimit":8,"path":"/metrics","sampleLimit":5,"timeout":"3s"}"#
        )
    }

    @Test("checks")
    func checks() throws {
        try roundTrip(
            CheckSpec(name: "errors", kind: .ratio(bad: "b", total: "t")),
            as:
                #"{"name":"errors","ratio":{"bad":"b","total":"t"},"tolerate":{"absolute":"0.1%","relative":1.25},"warmUp":"1m"}"#
        )
        try roundTrip(
            CheckSpec(name: "budget", kind: .guardrail(expression: "a < 1"), dryRun: true),
            as: #"{"dryRun":true,"guardrail":"a < 1","name":"budget"}"#)
        try roundTrip(
            CheckSpec(
                name: "odd", kind: .guardrail(expression: "a < 1"), tolerate: Tolerance(relative: 2), minimumEvents: 1))
    }

    @Test(
        "sizes are exact texts",
        arguments: [
            (Int64(64 << 20), "64MiB"), (1_000_001, "1000001B"), (1_500_000_000, "1500000000B"), (1536, "1536B"),
            (3 << 30, "3GiB"), (1, "1B"), (1025 << 10, "1025KiB"), (5 << 40, "5TiB"),
        ])
    func sizes(bytes: Int64, text: String) throws {
        try roundTrip(LogLimits(size: ByteSize(bytes: bytes)), as: #"{"size":"\#(text)"}"#)
    }

    @Test("selectors: one value is a text, several are a list")
    func selectors() throws {
        try roundTrip(LabelSelector(["region": ["eu"], "zone": ["a", "b"]]), as: #"{"region":"eu","zone":["a","b"]}"#)
        try roundTrip(LabelSelector(), as: "{}")
        #expect(
            try JSONDecoder().decode(LabelSelector.self, from: Data(#"{"region":["eu"]}"#.utf8))
                == LabelSelector(["region": ["eu"]]))
    }

    @Test("waves and plans")
    func waves() throws {
        try roundTrip(PlanSpec())
        try roundTrip(
            WaveSpec(
                name: "eu", hosts: .count(3), select: LabelSelector(["region": ["eu"]]), maxUnavailable: .percent(12.5),
                bake: .seconds(90), gate: .approval,
                timeWindow: [TimeWindow(days: [4, 0], from: 0, until: 1440, zone: "Asia/Tokyo")],
                progressDeadline: .hours(1), failureBudget: .percent(10)),
            as:
                #"{"bake":"1m30s","failureBudget":"10%","gate":"approval","hosts":3,"maxUnavailable":"12.5%","name":"eu","progressDeadline":"1h","select":{"region":"eu"},"timeWindow":[{"days":["mon","fri"],"from":"00:00","until":"24:00","zone":"Asia/Tokyo"}]}"#
        )
        try roundTrip(RollbackSpec(), as: #"{"maxUnavailable":"50%","to":"previous"}"#)
    }

    @Test("freezes and receivers; events are sorted")
    func others() throws {
        try roundTrip(
            ReceiverSpec(
                name: "a", target: .webhook(url: "https://x.org/"), events: [.started, .done, .held],
                services: ["b", "a"]),
            as:
                #"{"events":["done","held","started"],"name":"a","services":["a","b"],"webhook":{"url":"https://x.org/"}}"#
        )
        try roundTrip(ReceiverSpec(name: "a", target: .slack(url: "https://x.org/")))
        try roundTrip(
            FreezeSpec(name: "a", reason: "b", from: .epoch, until: Timestamp(milliseconds: 1)),
            as: #"{"from":"1970-01-01T00:00:00.000Z","name":"a","reason":"b","until":"1970-01-01T00:00:00.001Z"}"#)
    }

    @Test("a service comes back through Codable, and through its document")
    func services() throws {
        let service = ServiceSpec(
            name: "web", select: LabelSelector(["a": ["1", "2"]]),
            run: RunSpec(
                command: ["./web", "", "a b"], environment: ["A": "", "B": "1"], listen: "[::1]:80", handover: .port,
                ready: ReadinessProbe(method: .tcp), drain: .zero, lameDuck: .zero, metrics: MetricsSource(),
                limits: ResourceLimits(memory: ByteSize(bytes: 7), cpu: 0.25), logs: LogLimits(size: ByteSize(bytes: 3))
            ),
            checks: [CheckSpec(name: "errors", kind: .ratio(bad: "b", total: "t"), minimumEvents: 1)])
        try roundTrip(service)
        let document = SpecDocument.service(service)
        #expect(decodeSpec(document.documentNode, file: "f").document == document)
        #expect(decodeSpec(document.documentNode, file: "f").issues == [])
    }

    @Test("what another release has written is read: unknown keys are passed over, what lacks has its default")
    func otherReleases() throws {
        let text = #"{"command":["./web"],"ready":{"http":"/healthz","grpc":true},"later":{"a":[1,null]}}"#
        #expect(
            try JSONDecoder().decode(RunSpec.self, from: Data(text.utf8))
                == RunSpec(command: ["./web"], ready: ReadinessProbe(method: .http(path: "/healthz"))))
    }

    @Test("what cannot be read says where")
    func unreadable() {
        #expect {
            try JSONDecoder().decode(ServiceSpec.self, from: Data(#"{"name":"web","run":{"command":7}}"#.utf8))
        } throws: { error in
            "\(error)".contains("run.command: expected a list of texts, found the number 7")
        }
    }

    @Test("what differs is said field by field, and a receiver's address is not shown")
    func differences() {
        var service = ServiceSpec(name: "web", run: RunSpec(command: ["./web"]))
        let old = service
        service.plan.waves[1].bake = .minutes(1)
        service.run.listen = "${ADDRESS}:80"
        service.checks = [CheckSpec(name: "a", kind: .guardrail(expression: "b < 1"))]
        #expect(
            service.differences(from: old) == [
                "run.listen: added ${ADDRESS}:80", #"checks: added [{"name":"a","guardrail":"b < 1"}]"#,
                "plan.waves[1].bake: 5m → 1m",
            ])
        let receiver = ReceiverSpec(name: "a", target: .slack(url: "https://hooks.slack.com/new"), events: [.done])
        let before = ReceiverSpec(name: "a", target: .webhook(url: "https://hooks.slack.com/old"), events: [.done])
        #expect(receiver.differences(from: before) == ["slack: another address (not shown)"])
    }
}
