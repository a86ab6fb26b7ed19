import Documents
import Ports
import Rollouts
import Series
import Specs
import Testing
import Values
import Verdicts
import Wire

@testable import ControlPlane

@Suite("Web checks")
struct WebCheckTests {
    private static let service = """
        kind: Service
        name: shop
        run:
          command: ["./shop"]
          listen: "${ADDRESS}:8000"
        checks:
          - name: page
            web: { url: /, expect: { status: 200, body: welcome }, every: 2s }
        plan:
          waves:
            - { name: one, hosts: 1, bake: 5m }
            - { name: rest, hosts: 100%, bake: 10s }
          watch: 1m
        """

    private func pass(_ world: World, _ seconds: Int) async throws {
        for _ in 0..<seconds {
            try await world.settle(1)
            try world.scrape()
            await world.plane.probe(at: world.clock.now)
        }
    }

    @Test("ask the canary and the others, each in its time, and take a wrong answer for a bad event")
    func asked() async throws {
        let world = try await World(hosts: 4, service: Self.service)
        for number in 1...4 { try world.agent("h\(number)").labels["n"] = "\(number)" }
        world.prober.answer("http://127.0.2.1:8000/", .answered(status: 200, body: Array("welcome".utf8)))
        try await world.establish("v1")
        try await pass(world, 10)
        #expect(world.prober.asked.isEmpty, "nobody is asked while nothing changes")
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 30)
        #expect(!world.prober.asked.isEmpty)
        #expect(world.prober.asked.allSatisfy { $0.url == "http://127.0.2.1:8000/" && $0.timeout == .seconds(2) })
        let reading = try #require(try await world.plane.rollout(two).readings.first)
        #expect(!reading.lacksData, "\(reading.reason)")
        #expect(reading.canary?.bad == 0 && reading.canary?.total ?? 0 >= 8)
        let now = world.clock.now
        let rises = try world.metrics.increases(
            [LabelMatcher("__name__", .equal, WebCheckSeries.name)], by: ["version", "answer"],
            after: now - .minutes(1), through: now, reachingBack: .minutes(1))
        #expect(rises.count == 4)
        #expect(rises.filter { $0.labels["answer"] == "wrong" }.allSatisfy { $0.increase.value == 0 })
    }

    @Test("take a body without the text for a wrong answer, and no answer too")
    func wrong() {
        let expect = WebExpectation(status: [200...200], body: "welcome", json: nil)
        #expect(expect.objection(status: 200, body: Array("you are welcome".utf8)) == nil)
        #expect(expect.objection(status: 200, body: Array("sorry".utf8)) == "the body does not contain 'welcome'")
        #expect(expect.objection(status: 503, body: []) == "HTTP 503")
        var json = WebExpectation()
        json.json = JSONExpectation(path: "checks[0].state", equals: .string("up"))
        #expect(json.objection(status: 204, body: Array(#"{"checks":[{"state":"up"}]}"#.utf8)) == nil)
        #expect(
            json.objection(status: 200, body: Array(#"{"checks":[{"state":"down"}]}"#.utf8))
                == "checks[0].state is another value")
        #expect(json.objection(status: 200, body: Array("{}".utf8)) == "the body has no checks[0].state")
        #expect(json.objection(status: 200, body: Array("<p>".utf8)) == "the body is not JSON")
    }

    @Test("know where an instance listens, and when nobody can")
    func addresses() {
        let values = ["ADDRESS": "10.0.0.7", "HOST": "h1"]
        #expect(WebProbe(url: "/x").address(listen: "${ADDRESS}:80", values: values) == "http://10.0.0.7:80/x")
        #expect(WebProbe(url: "/x").address(listen: "0.0.0.0:80", values: values) == "http://10.0.0.7:80/x")
        #expect(
            WebProbe(url: "https://${ADDRESS}:${PORT}/").address(listen: "${ADDRESS}:81", values: values)
                == "https://10.0.0.7:81/")
        #expect(WebProbe(url: "/x").address(listen: "${ADDRESS}:${PORT}", values: values) == nil)
        #expect(WebProbe(url: "/x").address(listen: nil, values: values) == nil)
    }
}
