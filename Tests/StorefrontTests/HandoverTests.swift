import Glibc
import LoadGenerator
import TestSupport
import Testing

@Suite(.serialized) struct HandoverTests {
    @Test("Versions take over from each other on one socket, under load, and no request is lost")
    func handovers() async throws {
        let socket = try HeldSocket()
        var serving = try Instance("version=v0", on: socket)
        #expect(try await serving.notification() == "READY=1\nSTATUS=serving v0")
        let load = try LoadGenerator(targets: ["127.0.0.1:\(socket.port)"], rate: 400)
        let sending = Task { await load.run() }

        for number in 1...6 {
            let successor = try Instance("version=v\(number)\nready_after_ms=50", on: socket)
            #expect(try await successor.notification() == "READY=1\nSTATUS=serving v\(number)")
            serving.signal(SIGTERM)
            #expect(try await serving.notification() == "STOPPING=1")
            #expect(try await serving.ended() == 0)
            let version = "v\(number)"
            _ = try await eventually("\(version) answers") {
                load.snapshot().total.answers[version].flatMap { $0 > 50 ? $0 : nil }
            }
            serving = successor
        }
        sending.cancel()
        let report = await sending.value
        #expect(report.total.failedByTransport == 0, "\(report.total.transportFailures)")
        #expect(report.total.failedByAnswer == 0)
        #expect(report.total.unsent == 0)
        #expect(report.total.ok == report.total.sent)
        #expect(Set(report.total.answers.keys) == Set((0...6).map { "v\($0)" }))
    }

    @Test("The agent's private socket is answered from the beginning, and by this very process")
    func probes() async throws {
        let (socket, probes) = (try HeldSocket(), try HeldSocket())
        let instance = try Instance("version=v1\nready_after_ms=600", on: socket, probes: probes)
        #expect(try Client(port: probes.port).ask("/healthz").status == 503)
        #expect(try await instance.notification() == "READY=1\nSTATUS=serving v1")
        #expect(try Client(port: probes.port).ask("/healthz").status == 200)
        #expect(try Client(port: probes.port).ask("/metrics").status == 200)
        instance.signal(SIGTERM)
        #expect(try await instance.ended() == 0)
    }

    @Test("While it drains it still accepts, answers 'Connection: close', and is healthy; a second signal ends it")
    func draining() async throws {
        let instance = try Instance("version=v1", options: ["--lame-duck", "600000", "--drain-timeout", "900000"])
        let port = try await instance.port()
        _ = try await instance.notification()
        let kept = try Client(port: port)
        #expect(try kept.ask("/healthz").headers["connection"] == nil)
        instance.signal(SIGTERM)
        #expect(try await instance.notification() == "STOPPING=1")
        let answers = [try kept.ask("/healthz"), try Client(port: port).ask("/healthz")]
        for answer in answers {
            #expect(answer.status == 200)
            #expect(answer.body == "ok, draining\n")
            #expect(answer.headers["connection"] == "close")
        }
        instance.signal(SIGTERM)
        #expect(try await instance.ended() == 0)
    }

    @Test("A request that is being worked on when it stops is answered before it ends")
    func inFlight() async throws {
        let instance = try Instance("latency_ms=1500", options: ["--lame-duck", "0"])
        let port = try await instance.port()
        _ = try await instance.notification()
        let idle = try Client(port: port)
        let busy = try Client(port: port)
        busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        _ = try await eventually("the request is being worked on") {
            try idle.ask("/metrics").body.contains("queue_depth 1\n") ? true : nil
        }
        instance.signal(SIGTERM)
        let answer = try busy.answer()
        #expect(answer.status == 200)
        #expect(answer.headers["connection"] == "close")
        #expect(try await instance.ended() == 0)
    }

    @Test("Work that takes too long is given up, with exit code 1")
    func timeout() async throws {
        let instance = try Instance("latency_ms=600000", options: ["--lame-duck", "0", "--drain-timeout", "400"])
        let busy = try Client(port: try await instance.port())
        _ = try await instance.notification()
        busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        let watcher = try Client(port: try await instance.port())
        _ = try await eventually("the request is being worked on") {
            try watcher.ask("/metrics").body.contains("queue_depth 1\n") ? true : nil
        }
        instance.signal(SIGTERM)
        #expect(try await instance.ended() == 1)
        #expect(instance.log.contains("giving up"))
    }
}
