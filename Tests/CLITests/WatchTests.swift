import Rollouts
import Synchronization
import Testing
import Values
import Verdicts
import Wire

@testable import CLI

/// Watching against a server that restarts.
@Suite struct WatchTests {
    private static let sentences = ["The rollout began.", "Wave one started.", "Wave one is ready.", "It went back."]

    private static func entry(_ sequence: Int) -> HistoryEntry {
        let fact: RolloutEvent.Fact = sequence == 4 ? .rolledBack(missing: HostSet()) : .began
        return Fixtures.entry(sequence, fact, sentences[sequence - 1])
    }

    private static func event(_ name: String, _ value: some Encodable) throws -> String {
        "event: \(name)\ndata: \(try lineJSON(value))\n\n"
    }

    /// A server that shows events 1 and 2, breaks, is away for a moment, and comes back when 3 and 4 have happened.
    private static func restarting() throws -> @Sendable (TestRequest) -> TestReply {
        let streams = Mutexed(0)
        var first = Fixtures.moving
        first.sequence = 1
        var last = Fixtures.rolledBack
        last.sequence = 4
        let views = [try lineJSON(first), try lineJSON(last)]
        let live = ": comment\n\n" + (try event("history", entry(1))) + (try event("history", entry(2)))
        let entries = try (1...4).map { try lineJSON(entry($0)) }
        return { request in
            if request.path == "/v1/events" {
                let count = streams.value.withLock { count in
                    count += 1
                    return count
                }
                switch count {
                case 1: return TestReply(body: live, breaks: true)
                case 2: return .problem(503, #"{"kind": "unavailable", "message": "starting", "places": []}"#)
                default: return TestReply(body: ": comment\n\n", ends: false)
                }
            }
            let isBack = streams.value.withLock { $0 } > 2
            let query = request.path.split(separator: "?after=")
            guard query.count == 2 else { return .json(views[isBack ? 1 : 0]) }
            let after = Int(query[1].prefix { $0.isNumber }) ?? 0
            let known = isBack ? 4 : 1
            return .json(#"{"items": [\#(entries[min(after, known)..<known].joined(separator: ","))]}"#)
        }
    }

    @Test("No event is lost or shown twice when the server restarts, and a rollback ends with 1")
    func restart() async throws {
        let run = try await withTestServer(try WatchTests.restarting()) { address in
            await runProgram(["rollout", "watch", "storefront", "--server", address])
        }
        #expect(run.code == 1)
        #expect(
            run.output == """
                11:57:00  The rollout began.
                11:57:20  Wave one started.
                11:57:40  Wave one is ready.
                11:58:00  It went back.

                """)
        #expect(run.complaint.contains("trying again in"))
        #expect(run.complaint.contains("the server is back"))
        #expect(run.complaint.contains("storefront 1.5.0 was rolled back: check errors failed"))
        #expect(run.complaint.hasSuffix("why: halcyon rollout explain r-7f3k2\n"))
    }

    @Test("As JSON there is one event a line, and nothing else on the standard output")
    func json() async throws {
        let run = try await withTestServer(try WatchTests.restarting()) { address in
            await runProgram(["rollout", "watch", "r-7f3k2", "-o", "json", "--server", address])
        }
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }

    @Test("On a terminal the picture is drawn, and the cursor is back at the end")
    func picture() async throws {
        let run = try await withTestServer(try WatchTests.restarting()) { address in
            await runProgram(
                ["rollout", "watch", "storefront", "--server", address], terminal: TerminalSize(columns: 100, rows: 40))
        }
        #expect(run.code == 1)
        #expect(run.output.hasPrefix("\u{1B}[?25l"))
        #expect(run.output.hasSuffix("\u{1B}[?25h"))
        #expect(run.output.contains("rolled back"))
    }

    @Test("Watching for the waves ends with 0 when the watch begins; for the end it goes on")
    func goals() {
        #expect(WatchGoal.done.outcome(of: Fixtures.watching) == nil)
        guard case .reached(let message) = WatchGoal.waves.outcome(of: Fixtures.watching) else {
            Issue.record("the waves are done")
            return
        }
        #expect(message.contains("stays armed for 30m"))
        #expect(WatchGoal.waves.outcome(of: Fixtures.moving) == nil)
        guard case .missed = WatchGoal.done.outcome(of: Fixtures.rolledBack) else {
            Issue.record("a rollback is no success")
            return
        }
    }

    @Test("A rollout that does not exist is no reason to wait")
    func missing() async throws {
        let run = try await withTestServer({ request in
            request.path == "/v1/events"
                ? TestReply(body: ": comment\n\n", ends: false)
                : .problem(404, #"{"kind": "notFound", "message": "there is no rollout 'x'", "places": []}"#)
        }) { address in await runProgram(["rollout", "watch", "x", "--server", address]) }
        #expect(run.code == 2)
        #expect(run.complaint == "error: there is no rollout 'x'\n")
    }

    @Test("An explanation reads from top to bottom, with the evidence")
    func explanation() {
        let explanation = Explanation(
            rollout: Fixtures.rolledBack,
            decisions: [
                .init(
                    at: noon - .seconds(150), by: "halcyon", what: "Wave few started",
                    why: ["Wave one baked for 2m, and every check passed."], readings: [Fixtures.reading(.pass)]),
                .init(
                    at: noon - .seconds(3), by: "halcyon", what: "Rolled back",
                    why: ["Check errors failed.", "Two of three hosts had the version."],
                    readings: [Fixtures.reading(.fail, bad: 54), Fixtures.guardrail]),
            ])
        expectSnapshot(explanation.lines(Fixtures.terminal).joined(separator: "\n"), "explain")
    }

    @Test("an explanation shows how the evidence went, and how strong it was at each decision")
    func explainEvidence() {
        var rollout = Fixtures.rolledBack
        rollout.readings = [Fixtures.weighed(.fail)]
        let explanation = Explanation(
            rollout: rollout,
            decisions: [
                Explanation.Decision(
                    at: noon - .seconds(3), by: "halcyon", what: "Rolled back", why: ["Check errors failed."],
                    readings: [Fixtures.weighed(.fail)])
            ])
        let wait: [Double?] = [nil, nil, nil]
        let values = wait + (3..<25).map { Double($0 % 5) / 9 } + (25...40).map { Double($0 - 24) * 0.575 }
        let trace = EvidenceTrace(check: "errors", values: values, threshold: 5.3)
        expectSnapshot(
            explanation.lines(Fixtures.terminal, traces: [trace]).joined(separator: "\n"), "explain-evidence")
    }
}
