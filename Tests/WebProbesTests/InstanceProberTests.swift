import Ports
import Specs
import TestSupport
import Testing
import Values
import WebProbes

@Suite("Requests of web checks", .timeLimit(.minutes(1)))
struct InstanceProberTests {
    /// What is answered to a request, by a server that follows these steps.
    private func ask(
        _ server: ScriptedServer, _ method: WebProbe.Method = .get, within timeout: Period = .seconds(30)
    ) async throws -> WebAnswer {
        let address = try await server.start()
        let answer = await ask("\(address)/status?a=b", method, within: timeout)
        // Nobody waits for a connection that is given up.
        try await waitFor("the connection to end") { server.open == 0 }
        await server.stop()
        return answer
    }

    private func ask(_ url: String, _ method: WebProbe.Method = .get, within timeout: Period) async -> WebAnswer {
        let prober = InstanceProber(release: "0.0.1")
        let answer = await prober.ask(WebQuestion(url: url, method: method, timeout: timeout))
        await prober.shutdown()
        return answer
    }

    private func reason(_ answer: WebAnswer) -> String? {
        guard case .failed(let reason) = answer else { return nil }
        return reason
    }

    @Test("give the status and the body, whatever the status is, and say who asks")
    func answered() async throws {
        let good = ScriptedServer(.say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"))
        #expect(try await ask(good) == .answered(status: 200, body: Array("welcome".utf8)))
        let head = try #require(good.heads.first)
        #expect(head.hasPrefix("GET /status?a=b HTTP/1.1\r\n"), "\(head)")
        let lines = head.lowercased()
        #expect(lines.contains("user-agent: halcyon/0.0.1") && lines.contains("connection: close"), "\(head)")
        let bad = ScriptedServer(.say("HTTP/1.1 503 Down\r\nContent-Length: 5\r\n\r\nsorry"))
        #expect(try await ask(bad) == .answered(status: 503, body: Array("sorry".utf8)))
        let empty = ScriptedServer(.say("HTTP/1.1 204 Nothing\r\n\r\n"))
        #expect(try await ask(empty) == .answered(status: 204, body: []))
        let brief = ScriptedServer(.say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"))
        #expect(try await ask(brief, .head) == .answered(status: 200, body: []))
        #expect(brief.heads.first?.hasPrefix("HEAD ") == true)
    }

    @Test("read a body that comes in pieces, and one that ends with its connection")
    func pieces() async throws {
        let chunked = ScriptedServer(
            .say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwel\r\n"), .say("4\r\ncome\r\n"),
            .say("0\r\n\r\n"))
        #expect(try await ask(chunked) == .answered(status: 200, body: Array("welcome".utf8)))
        let open = ScriptedServer(.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwelcome"), .close)
        #expect(try await ask(open) == .answered(status: 200, body: Array("welcome".utf8)))
    }

    @Test("follow no redirect: it is the answer")
    func redirect() async throws {
        let elsewhere = ScriptedServer(.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
        let address = try await elsewhere.start()
        let server = ScriptedServer(.say("HTTP/1.1 302 Found\r\nLocation: \(address)/\r\nContent-Length: 0\r\n\r\n"))
        #expect(try await ask(server) == .answered(status: 302, body: []))
        #expect(server.heads.count == 1 && elsewhere.heads.isEmpty)
        await elsewhere.stop()
    }

    @Test("read no more than the beginning of a long body, also of one without an end")
    func long() async throws {
        let text = String(repeating: "0123456789", count: 10_000)
        let server = ScriptedServer(.say("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n\(text)"))
        #expect(try await ask(server) == .answered(status: 200, body: Array(text.utf8.prefix(65_536))))
        let endless = ScriptedServer(.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(text)"), .drip)
        #expect(try await ask(endless) == .answered(status: 200, body: Array(text.utf8.prefix(65_536))))
    }

    @Test("end in time, with no answer, half a head, no body, and a body that drips")
    func late() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"
        let slow = [
            ScriptedServer(), ScriptedServer(.say(head)), ScriptedServer(.say("\(head)\r\n")),
            ScriptedServer(.say("\(head)\r\n"), .drip),
        ]
        for server in slow {
            #expect(reason(try await ask(server, within: .seconds(1))) == "no whole answer within 1s")
            #expect(server.heads.count <= 1, "it is not asked twice")
        }
    }

    @Test("fail when the connection is cut: before an answer, in its head, in its body")
    func cut() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
        let broken = [
            ScriptedServer(.close), ScriptedServer(.say(head), .close), ScriptedServer(.say("\(head)\r\nhalf"), .close),
            ScriptedServer(.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"), .close),
            ScriptedServer(.say("what is this\r\n\r\n"), .close),
        ]
        for (number, server) in broken.enumerated() {
            let reason = reason(try await ask(server))
            let isCut = reason?.isEmpty == false && reason?.contains("within") == false
            #expect(isCut, "\(number): \(reason ?? "answered")")
            #expect(server.heads.count == 1, "it is asked once")
        }
    }

    @Test("fail at once at a closed port, and at an address that is none")
    func closed() async throws {
        let server = ScriptedServer()
        let address = try await server.start()
        await server.stop()
        for url in ["\(address)/", "http://", "nonsense"] {
            let reason = reason(await ask(url, within: .minutes(10)))
            #expect(reason?.isEmpty == false && reason?.contains("within") == false, "\(url): \(reason ?? "answered")")
        }
    }
}
