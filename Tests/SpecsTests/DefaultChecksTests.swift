import Specs
import Testing

@Suite struct DefaultChecksTests {
    private func checks(_ seen: [String: Set<String>]) -> [CheckSpec] {
        DefaultChecks.checks(metrics: seen.map { SeenMetric(name: $0.key, labels: $0.value) })
    }

    @Test(
        "the usual counters give a check of errors, by whichever label holds the status",
        arguments: [
            ("http_requests_total", "code"), ("http_requests_total", "status"),
            ("http_requests_total", "http_response_status_code"), ("http_request_duration_seconds_count", "code"),
            ("http_server_request_duration_seconds_count", "http_response_status_code"),
        ])
    func errors(name: String, status: String) {
        let expected = CheckSpec(name: "errors", kind: .ratio(bad: "\(name){\(status)=~\"5..\"}", total: name))
        #expect(checks([name: ["host", status]]) == [expected])
        #expect(checks([name: ["host"]]) == [])
    }

    @Test("a histogram gives a check of latency, classic or native, and counts the requests as well")
    func latency() {
        let latency = CheckSpec(name: "latency", kind: .latency(histogram: "http_server_request_duration_seconds"))
        #expect(checks(["http_server_request_duration_seconds": ["host"]]) == [latency])
        #expect(checks(["http_server_request_duration_seconds_bucket": ["host"]]) == [])
        let classic = checks([
            "http_server_request_duration_seconds_bucket": ["le", "http_response_status_code"],
            "http_server_request_duration_seconds_count": ["http_response_status_code"],
        ])
        #expect(classic.map(\.name) == ["errors", "latency"])
        #expect(classic.last == latency)
    }

    @Test("only who has metrics and no checks gets them; an empty list of checks says no")
    func services() {
        let seen = [SeenMetric(name: "http_requests_total", labels: ["code"])]
        var service = ServiceSpec(name: "web", run: RunSpec(command: ["./web"], listen: "0.0.0.0:80"))
        #expect(service.judgedBy(metrics: seen) == [])
        service.run.metrics = MetricsSource()
        #expect(service.judgedBy(metrics: seen).map(\.name) == ["errors"])
        #expect(service.judgedBy(metrics: []) == [])
        let own = [CheckSpec(name: "mine", kind: .guardrail(expression: "a < 1"))]
        service.checks = own
        #expect(service.judgedBy(metrics: seen) == own)
        (service.checks, service.usesDefaultChecks) = ([], false)
        #expect(service.judgedBy(metrics: seen) == [])
        // That it wants none comes back from its document.
        #expect(decodeSpec(SpecDocument.service(service).documentNode, file: "f").document == .service(service))
    }
}
