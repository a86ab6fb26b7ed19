import Glibc
import Testing

@Suite(.serialized) struct EndpointTests {
    @Test("Every page answers, and every answer names the version")
    func pages() async throws {
        let instance = try Instance("version=v7")
        let client = try Client(port: try await instance.port())
        _ = try await instance.notification()
        for (path, status) in [
            ("/", 200), ("/products", 200), ("/products?page=2", 200), ("/checkout", 200), ("/healthz", 200),
            ("/version", 200), ("/metrics", 200), ("/fault", 200), ("/nowhere", 404),
        ] {
            let answer = try client.ask(path)
            #expect(answer.status == status, "\(path)")
            #expect(answer.headers["x-version"] == "v7", "\(path)")
        }
        #expect(try client.ask("/version").body == "v7\n")
        let large = try client.ask("/fault", method: "POST", body: String(repeating: "#", count: 70_000))
        #expect(large.status == 413)

        let confused = try Client(port: try await instance.port())
        confused.send("this is not HTTP\r\n\r\n")
        let answer = try confused.answer()
        #expect(answer.status == 400)
        #expect(answer.headers["x-version"] == "v7")
    }

    @Test("Before it is ready, a port of its own answers 503")
    func warmingUp() async throws {
        let instance = try Instance("version=v1\nready_after_ms=600000")
        let client = try Client(port: try await instance.port())
        #expect(try client.ask("/healthz").status == 503)
        #expect(try client.ask("/").status == 503)
        instance.signal(SIGTERM)
        #expect(try await instance.ended() == 0)
    }

    @Test("The metrics are valid Prometheus text, and count what happened")
    func metrics() async throws {
        let instance = try Instance("")
        let client = try Client(port: try await instance.port())
        _ = try await instance.notification()
        for path in ["/", "/", "/products", "/checkout", "/healthz"] { _ = try client.ask(path) }
        let samples = try parse(try client.ask("/metrics"))
        #expect(samples[#"http_requests_total{route="/",code="200"}"#] == 2)
        #expect(samples[#"http_requests_total{route="/",code="500"}"#] == 0)
        #expect(samples[#"http_request_duration_seconds_bucket{route="/",le="+Inf"}"#] == 2)
        #expect(samples[#"http_request_duration_seconds_count{route="/"}"#] == 2)
        #expect(samples["checkout_attempt_total"] == 1)
        #expect(samples["checkout_success_total"] == 1)
        #expect(samples["queue_depth"] == 0)
        #expect(samples["process_resident_memory_bytes"] ?? 0 > 1_000_000)
        #expect(samples["process_start_time_seconds"] ?? 0 > 1_700_000_000)
        let buckets = ["0.001", "0.1", "1.0", "10.0", "+Inf"].compactMap {
            samples[#"http_request_duration_seconds_bucket{route="/",le="\#($0)"}"#]
        }
        #expect(buckets.count == 5)
        #expect(buckets == buckets.sorted())
    }

    /// Each sample by its name and labels; every one must belong to the family described last.
    private func parse(_ answer: Answer) throws -> [String: Double] {
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.body.hasSuffix("\n"))
        var samples: [String: Double] = [:]
        var family = ""
        var seen: Set<String> = []
        for line in answer.body.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                family = String(words[2])
                #expect(seen.insert(family).inserted, "\(family) is described twice")
            } else if line.hasPrefix("# TYPE ") {
                #expect(words[2] == family)
                #expect(["counter", "gauge", "histogram"].contains(words[3]))
            } else {
                #expect(words.count == 2, "\(line)")
                #expect(line.hasPrefix(family), "\(line)")
                #expect(samples.updateValue(try #require(Double(words[1])), forKey: String(words[0])) == nil)
            }
        }
        return samples
    }
}
