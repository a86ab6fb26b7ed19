import Glibc
import Testing

@Suite(.serialized) struct FaultTests {
    private func started(_ behaviour: String) async throws -> (Instance, Client) {
        let instance = try Instance(behaviour)
        let client = try Client(port: try await instance.port())
        _ = try await instance.notification()
        return (instance, client)
    }

    @Test("Errors are switched on and off while it runs")
    func errors() async throws {
        let (instance, client) = try await started("version=v1")
        #expect(try client.ask("/").status == 200)
        let answer = try client.ask("/fault", method: "POST", body: "error_rate=1")
        #expect(answer.body.contains("error_rate=1.0\n"))
        #expect(try client.ask("/").status == 500)
        #expect(try client.ask("/checkout").status == 500)
        #expect(try client.ask("/healthz").status == 200)
        _ = try client.ask("/fault", method: "POST", body: "error_rate=0\n")
        #expect(try client.ask("/").status == 200)
        withExtendedLifetime(instance) {}
    }

    @Test(
        "A wrong fault is refused as a whole",
        arguments: ["eror_rate=1", "error_rate=2", "error_rate=x", "metrics=odd", "x"])
    func wrongFault(line: String) async throws {
        let (instance, client) = try await started("version=v1")
        let answer = try client.ask("/fault", method: "POST", body: "latency_ms=5\n\(line)")
        #expect(answer.status == 400)
        #expect(answer.body.hasPrefix("line 2: '\(line)' is not KEY=VALUE with one of version, error_rate"))
        #expect(try client.ask("/fault").body.contains("latency_ms=0.0\n"))
        withExtendedLifetime(instance) {}
    }

    @Test("Orders fail politely, and only the business metrics show it")
    func declined() async throws {
        let (instance, client) = try await started("checkout_failure_share=1")
        let answer = try client.ask("/checkout", method: "POST")
        #expect(answer.status == 200)
        #expect(answer.body.contains("declined"))
        let metrics = try client.ask("/metrics").body
        #expect(metrics.contains("checkout_attempt_total 1\n"))
        #expect(metrics.contains("checkout_success_total 0\n"))
        #expect(metrics.contains(#"http_requests_total{route="/checkout",code="500"} 0"#))
        withExtendedLifetime(instance) {}
    }

    @Test("The metrics become NaN, fall back, or never come")
    func brokenMetrics() async throws {
        let (instance, client) = try await started("metrics=nan")
        #expect(try client.ask("/metrics").body.contains("checkout_attempt_total NaN\n"))
        _ = try client.ask("/fault", method: "POST", body: "metrics=reset")
        _ = try client.ask("/checkout")
        #expect(try client.ask("/metrics").body.contains("checkout_attempt_total 1\n"))
        #expect(try client.ask("/metrics").body.contains("checkout_attempt_total 0\n"))
        _ = try client.ask("/fault", method: "POST", body: "metrics=hang")
        let waiting = try Client(port: try await instance.port())
        waiting.send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.ask("/").status == 200)
        #expect(!waiting.hasInput)
    }

    @Test("One seed gives the same faults again")
    func seeded() async throws {
        var runs: [[Int]] = []
        for _ in 0..<2 {
            let (instance, client) = try await started("error_rate=0.5\nseed=42")
            runs.append(try (0..<64).map { _ in try client.ask("/").status })
            withExtendedLifetime(instance) {}
        }
        #expect(runs[0] == runs[1])
        #expect(Set(runs[0]) == [200, 500])
    }

    @Test("A time bomb is good at first")
    func timeBomb() async throws {
        let (instance, client) = try await started("error_rate=1\nbad_after_s=100000")
        #expect(try client.ask("/").status == 200)
        _ = try client.ask("/fault", method: "POST", body: "bad_after_s=0")
        #expect(try client.ask("/").status == 500)
        withExtendedLifetime(instance) {}
    }

    @Test("It crashes, ends at the start, or refuses a wrong behaviour.conf")
    func ends() async throws {
        #expect(try await Instance("crash_after_s=0.1").ended() == 1)
        #expect(try await Instance("exit_at_start=3").ended() == 3)
        let wrong = try Instance("# comment\nerror_rate = 5\n")
        #expect(try await wrong.ended() == 2)
        #expect(wrong.log.contains("line 2: 'error_rate=5' is not KEY=VALUE"))
    }

    @Test("It ignores SIGTERM when told to")
    func stubborn() async throws {
        let (instance, client) = try await started("ignore_sigterm=1")
        instance.signal(SIGTERM)
        for _ in 0..<20 { #expect(try client.ask("/").headers["connection"] == nil) }
        instance.signal(SIGKILL)
        #expect(try await instance.ended() == 128 + SIGKILL)
    }
}
