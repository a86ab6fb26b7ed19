import Documents
import Foundation
import Specs
import Testing
import Values

/// Every kind of check, read from documents and written as the same ones.
@Suite struct CheckFormTests {
    private static let probe = WebProbe(
        url: "https://${HOST}.shop.example:8443/status",
        expect: WebExpectation(
            status: [200...204, 301...301], body: "fine",
            json: JSONExpectation(path: "checks[0].state", equals: .string("up"))),
        timeout: .seconds(1), every: .seconds(10))

    private static let kinds: [CheckSpec.Kind] = [
        .ratio(bad: "b", total: "t"), .latency(histogram: "h"), .rate(events: "e", per: nil),
        .rate(events: "e", per: "r"), .gauge(expression: "g"), .guardrail(expression: "g < 1"),
        .slo(bad: "b", total: "t", objective: Percentage(99.9)), .peers(bad: "b", total: "t"),
        .web(WebProbe(url: "/")), .web(probe),
    ]

    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test("every kind comes back through its stored form and its document", arguments: kinds)
    func roundTrip(kind: CheckSpec.Kind) throws {
        var full = CheckSpec(name: "a", kind: kind, weight: 2.5, critical: true)
        if kind.compares {
            let counts = kind.name != "gauge"
            full.tolerate = Tolerance(
                relative: 1.5, absolute: Percentage(counts ? 0.5 : 0), floor: Percentage(counts ? 1 : 0))
        }
        if kind.name == "ratio" { full.minimumEvents = 7 }
        if kind.name != "guardrail" { full.warmUp = .seconds(5) }
        for check in [CheckSpec(name: "a", kind: kind), CheckSpec(name: "a", kind: kind, dryRun: true), full] {
            #expect(try JSONDecoder().decode(CheckSpec.self, from: Data(json(check).utf8)) == check)
        }
        guard kind.name != "guardrail", kind.name != "gauge" else { return }
        let service = ServiceSpec(name: "web", run: RunSpec(command: ["./web"], listen: "0.0.0.0:80"), checks: [full])
        let read = decodeSpec(SpecDocument.service(service).documentNode, file: "f")
        #expect(read.issues == [])
        #expect(read.document == .service(service))
    }

    @Test("a web check's stored form")
    func web() throws {
        #expect(
            try json(CheckSpec(name: "a", kind: .web(Self.probe)))
                == #"{"name":"a","tolerate":{"absolute":"1%","relative":1.25},"warmUp":"1m","web":{"every":"10s","expect":{"body":"fine","json":{"equals":"up","path":"checks[0].state"},"status":["200-204",301]},"method":"GET","timeout":"1s","url":"https://${HOST}.shop.example:8443/status"}}"#
        )
    }

    @Test("a tolerance of which one share is said does without the other")
    func tolerances() throws {
        func read(_ tolerate: String) throws -> Tolerance {
            let text = #"{"name":"a","ratio":{"bad":"b","total":"t"},"tolerate":\#(tolerate)}"#
            return try JSONDecoder().decode(CheckSpec.self, from: Data(text.utf8)).tolerate
        }
        #expect(try read("{}") == Tolerance(relative: 1.25, absolute: Percentage(0.1)))
        #expect(try read(#"{"relative":2}"#) == Tolerance(relative: 2, absolute: Percentage(0.1)))
        #expect(try read(#"{"floor":"1%"}"#) == Tolerance(absolute: Percentage(0), floor: Percentage(1)))
        #expect(try read(#"{"absolute":"1%","relative":1}"#) == Tolerance(relative: 1, absolute: Percentage(1)))
    }

    @Test("each bound of a tolerance is one of its own")
    func limits() {
        let tolerance = Tolerance(relative: 2, absolute: Percentage(1), floor: Percentage(3))
        #expect(tolerance.limit(baseline: 0) == 0.03)
        #expect(tolerance.limit(baseline: 0.01) == 0.03)
        #expect(abs(tolerance.limit(baseline: 0.1) - 0.2) < 1e-12)
        #expect(abs(Tolerance(relative: 1.25, absolute: Percentage(1)).limit(baseline: 0.01) - 0.02) < 1e-12)
        #expect(tolerance.description == "×2 or +1% or up to 3%")
        #expect(Tolerance(relative: 1, absolute: Percentage(0)).description == "×1")
    }

    @Test("bakes: one duration, or two")
    func bakes() throws {
        func read(_ text: String) throws -> Bake { try JSONDecoder().decode(Bake.self, from: Data(text.utf8)) }
        #expect(try read(#""5m""#) == .minutes(5))
        #expect(try read(#"{"atMost":"20m"}"#) == Bake(atLeast: .zero, atMost: .minutes(20)))
        let range = Bake(atLeast: .minutes(2), atMost: .minutes(20))
        #expect(try read(#"{"atLeast":"2m","atMost":"20m"}"#) == range)
        #expect(try json(range) == #"{"atLeast":"2m","atMost":"20m"}"#)
        #expect("\(range)" == "2m to 20m")
    }

    @Test("how many hosts are held out")
    func holdouts() {
        func of(_ hosts: Int, _ amount: Amount) -> Int { PlanSpec(holdout: amount).holdout(of: hosts) }
        #expect([1, 9, 10, 99, 100, 250].map { of($0, .percent(2)) } == [0, 0, 1, 1, 2, 5])
        #expect([1, 2, 9].map { of($0, .count(1)) } == [0, 1, 1])
        #expect(of(100, .percent(0)) == 0 && of(100, .count(0)) == 0)
    }
}
