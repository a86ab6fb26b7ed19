import FoundationEssentials
import NIOCore
import NIOHTTP1
import Ports
import Specs
import TestSupport
import Testing
import Values

@testable import Notifiers

@Suite("Delivering a notification")
struct DeliveryTests {
    static let notification = Notification(
        id: "n-17", event: .rolledBack, at: Timestamp(milliseconds: 1_795_000_000_000), service: "storefront",
        rollout: "r-1", version: "1.4.1", previous: "1.4.0", wave: "few",
        text: "Rolled back: <!channel> & <@U123> said \"errors\".", evidence: ["errors: canary 5.2% of 1,204 bad"])

    private func deliver(
        _ answers: LocalServer.Answer, target: (String) -> ReceiverSpec.Target = { .webhook(url: $0) },
        timeout: TimeAmount = .seconds(10)
    ) async throws -> (answer: DeliveryAnswer, received: [ReceivedRequest], port: Int) {
        let server = LocalServer(answers)
        let port = try await server.start()
        let notifiers = Notifiers(release: "1.0", timeout: timeout)
        let answer = await notifiers.deliver(
            Self.notification, to: target("http://127.0.0.1:\(port)/hooks/T0SECRET/B0SECRET?token=hushhush"))
        await notifiers.shutdown()
        await server.stop()
        return (answer, server.received, port)
    }

    @Test("a webhook gets the documented body and headers")
    func webhook() async throws {
        let (answer, received, _) = try await deliver(.status(.ok, body: "thanks\nmore"))
        #expect(answer == .delivered(answer: "HTTP 200 OK: thanks"))
        let request = try #require(received.first)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/hooks/T0SECRET/B0SECRET?token=hushhush")
        #expect(request.head.headers["content-type"] == ["application/json"])
        #expect(request.head.headers["user-agent"] == ["halcyon/1.0"])
        #expect(request.head.headers["x-halcyon-delivery"] == ["n-17"])
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"at":"2026-11-18T11:06:40.000Z","event":"rolledBack","evidence":["errors: canary 5.2% of 1,204 bad"],"#
                + #""format":"1","id":"n-17","previous":"1.4.0","rollout":"r-1","service":"storefront","#
                + #""text":"Rolled back: <!channel> & <@U123> said \"errors\".","version":"1.4.1","wave":"few"}"#)
    }

    @Test("Slack gets text and blocks in which nobody can be mentioned")
    func slack() async throws {
        let (answer, received, _) = try await deliver(.status(.ok, body: "ok"), target: { .slack(url: $0) })
        #expect(answer == .delivered(answer: "HTTP 200 OK: ok"))
        let body = String(decoding: try #require(received.first).body, as: UTF8.self)
        #expect(!body.contains("<") && !body.contains(">"))
        #expect(body.contains(#"\"errors\""#))
        #expect(body.contains("storefront 1.4.1: rolled back: Rolled back: &lt;!channel&gt; &amp; &lt;@U123&gt;"))
        #expect(body.contains(#""link_names":false"#) && body.contains(#""parse":"none""#))
        #expect(!body.contains("mrkdwn"))
        #expect(body.contains("wave few · previous 1.4.0 · rollout r-1 · 2026-11-18T11:06:40.000Z"))
    }

    @Test(
        "the answer's status decides",
        arguments: [
            (200, "delivered"), (204, "delivered"), (301, "refused"), (400, "refused"), (404, "refused"),
            (410, "refused"),
            (408, "retry"), (429, "retry"), (500, "retry"), (503, "retry"),
        ])
    func statuses(code: Int, expected: String) async throws {
        let headers = ["Location": "http://127.0.0.1:1/elsewhere"]
        let (answer, received, _) = try await deliver(.status(HTTPResponseStatus(statusCode: code), headers: headers))
        switch answer {
        case .delivered: #expect(expected == "delivered")
        case .retry(_, let after): #expect(expected == "retry" && after == nil)
        case .refused: #expect(expected == "refused")
        }
        #expect(received.count == 1)
    }

    @Test("a receiver may say when to come again")
    func retryAfterHeader() async throws {
        let (answer, _, _) = try await deliver(
            .status(.tooManyRequests, headers: ["Retry-After": "30"], body: "slow down"))
        #expect(answer == .retry(answer: "HTTP 429 Too Many Requests: slow down", after: .seconds(30)))
    }

    @Test("silence, a closed connection and a closed port are tried again, and tell no secret")
    func broken() async throws {
        let silent = try await deliver(.silence, timeout: .seconds(1))
        #expect(silent.answer == .retry(answer: "http://127.0.0.1:\(silent.port)/…: no answer within 1 s", after: nil))
        let closing = try await deliver(.closing)
        guard case .retry(let words, nil) = closing.answer else {
            Issue.record("\(closing.answer)")
            return
        }
        #expect(words.hasPrefix("http://127.0.0.1:\(closing.port)/…: "))
        let notifiers = Notifiers(release: "1.0")
        let refused = await notifiers.deliver(
            Self.notification, to: .webhook(url: "http://127.0.0.1:1/hooks/T0SECRET?token=hushhush"))
        guard case .retry(let reason, nil) = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.hasPrefix("http://127.0.0.1:1/…: "))
        await notifiers.shutdown()
    }

    @Test("an answer that quotes the address does not tell its secret")
    func masking() async throws {
        let (answer, _, _) = try await deliver(
            .status(.notFound, body: "no hook T0SECRET with hushhush at /hooks/T0SECRET/B0SECRET"))
        guard case .refused(let words) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(!words.contains("SECRET") && !words.contains("hush"))
    }

    @Test("a long answer is cut off", .timeLimit(.minutes(1)))
    func longAnswer() async throws {
        let (answer, _, _) = try await deliver(.status(.ok, body: String(repeating: "x", count: 5_000_000)))
        guard case .delivered(let words) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(words.count < 300)
    }

    @Test(
        "an unusable address is refused", arguments: ["", "not a url", "ftp://x/y", "http://", "/path", "https:///x"])
    func addresses(url: String) async {
        let notifiers = Notifiers(release: "1.0")
        let answer = await notifiers.deliver(Self.notification, to: .webhook(url: url))
        #expect(answer == .refused(answer: "the address is not a valid http or https URL"))
        await notifiers.shutdown()
    }

    @Test("Slack's texts are cut before they are too long, never within an escape")
    func escaping() {
        #expect(SlackMessage.escaped("a<b", upTo: 100) == "a&lt;b")
        #expect(SlackMessage.escaped("ab<cd", upTo: 6) == "ab…")
        #expect(SlackMessage.escaped(String(repeating: "&", count: 5000), upTo: 2900).utf16.count <= 2900)
    }
}

@Suite("The schedule of attempts")
struct RetryScheduleTests {
    private func wait(_ failures: Int, elapsed: Period = .zero, asked: Period? = nil, _ fraction: Double = 1) -> Period?
    {
        RetrySchedule.wait(failures: failures, elapsed: elapsed, asked: asked, fraction: fraction)
    }

    @Test("doubles up to ten minutes, with a random share of it")
    func doubling() {
        #expect([1, 2, 3, 4, 7, 8, 100].map { wait($0) } == [5, 10, 20, 40, 320, 600, 600].map { .seconds($0) })
        #expect(wait(4, 0.5) == .seconds(20))
        #expect(wait(4, 0) == .zero)
    }

    @Test("waits at least as long as asked, within reason")
    func asked() {
        #expect(wait(1, asked: .seconds(30), 0.5) == .seconds(30))
        #expect(wait(8, asked: .seconds(30)) == .minutes(10))
        #expect(wait(1, asked: .hours(20)) == .hours(1))
    }

    @Test("gives up after a day")
    func givingUp() {
        #expect(wait(100, elapsed: .hours(24)) == nil)
        #expect(wait(100, elapsed: .hours(24) - .minutes(10)) == nil)
        #expect(wait(100, elapsed: .hours(24) - .minutes(11)) != nil)
    }

    @Test("reads Retry-After as seconds and as a date")
    func header() throws {
        let now = try #require(Timestamp("2026-10-21T07:27:30Z"))
        #expect(retryAfter("120", now: now) == .seconds(120))
        #expect(retryAfter("Wed, 21 Oct 2026 07:28:00 GMT", now: now) == .seconds(30))
        #expect(retryAfter("Wed, 21 Oct 2015 07:28:00 GMT", now: now) == .zero)
        #expect(retryAfter("-5", now: now) == nil)
        #expect(retryAfter("soon", now: now) == nil)
        #expect(retryAfter("Wed, 31 Feb 2026 07:28:00 GMT", now: now) == nil)
    }
}
