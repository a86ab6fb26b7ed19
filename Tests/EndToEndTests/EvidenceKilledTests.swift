import Foundation
import Rollouts
import TestSupport
import Testing
import Verdicts
import Wire

/// A server that judges is killed in the middle of a bake. Requests are sent one by one and in batches, so that it is known to the
/// last one how many the evidence must hold.
@Suite("Killed while it judges, a server goes on with the same evidence", .serialized)
struct EvidenceKilledTests {
    private static let waves = """
        - { name: one, hosts: 1, bake: { atLeast: 1s, atMost: 30m } }
        - { name: all, hosts: 100%, bake: 30m, maxUnavailable: 100% }
        """
    private static let checks = """
        checks:
          - name: errors
            ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
            tolerate: { relative: 1.25, absolute: 1% }
            warmUp: 1s
        """

    private func tell(
        behaviour: String, _ body: (inout EvidenceStory, Lab) async throws -> Void
    ) async throws {
        try await Lab.with(Lab.Setting(hosts: 3)) { lab in
            try await lab.applyShop(
                lab.document(
                    waves: EvidenceKilledTests.waves, plan: "watch: 0s", checks: false,
                    more: EvidenceKilledTests.checks))
            try await lab.ship("v1")
            let file = try lab.pack("v2", behaviour)
            _ = try await lab.must("deploy", "shop", "--artifact", file, "--version", "v2")
            try await lab.waitForPhase("shop-2", .baking)
            var story = EvidenceStory(lab, "shop-2", brings: "v2")
            try await body(&story, lab)
            try await lab.running("server").end()
            try await StoredHistory(folder: "\(lab.folder)/server").checkEvents()
        }
    }

    @Test("a good version is proven good, each of its requests counted once")
    func good() async throws {
        try await tell(behaviour: "") { story, lab in
            try await story.ask(10)
            var bakes = try await story.waitForAll()
            #expect(bakes)
            // With the same requests it is the same evidence; those that came meanwhile are in it, once.
            for times in [0, 10, 0] where bakes { bakes = try await story.kill(asking: times) }
            #expect(story.kills == 3)
            for _ in 0..<200 where bakes {
                try await story.ask(10)
                bakes = try await story.waitForAll()
            }
            let view = try await eventually("the first wave to be over") {
                let view = try await lab.rollout("shop-2")
                return view.wave == 1 ? view : nil
            }
            #expect(view.rollback == nil)
            let readings = try await lab.history("shop-2").compactMap { entry -> Reading? in
                guard case .waveDone(0, let readings) = entry.event.fact else { return nil }
                return readings.first
            }
            let reading = try #require(readings.first)
            #expect(readings.count == 1 && reading.verdict == .pass, "\(readings)")
            let (total, all) = (try #require(reading.canary?.total), Double(story.answers))
            #expect(total <= all && total >= all - 10, "\(total) of \(all)")
        }
    }

    @Test("a bad version goes back, by evidence from before the kill and from after it")
    func bad() async throws {
        try await tell(behaviour: "error_rate=0.3\nseed=7") { story, lab in
            var bakes = true
            // As much as leans to a rollback, and is not enough for one.
            while try await story.reading()?.evidence?.log ?? 0 < 1.5, bakes {
                try await story.ask(2)
                bakes = try await story.waitForAll()
            }
            #expect(bakes, "it was decided before the server was killed")
            let before = try #require(try await story.reading())
            let kept = try await story.kill(asking: 0)
            #expect(kept && story.kills == 1)
            for _ in 0..<500 where bakes {
                try await story.ask(2)
                bakes = try await story.waitForAll()
            }
            let view = try await eventually("the way back to be over") {
                let view = try await lab.rollout("shop-2")
                return view.phase == .rolledBack ? view : nil
            }
            let reading = try #require(view.rollback?.reading)
            #expect(view.rollback?.trigger == .check && reading.check == "errors", "\(view)")
            let (total, known) = (try #require(reading.canary?.total), try #require(before.canary?.total))
            #expect(total > known && total <= Double(story.answers), "\(known), \(total) of \(story.answers)")
            #expect(reading.evidence?.log ?? 0 >= before.evidence?.threshold ?? .infinity, "\(reading)")
            // What was spent of the chance of a false rollback is still to be seen, also by those who come later.
            let budget = try #require(view.budget)
            #expect(budget.log >= budget.threshold)
            try await lab.running("server").end(SIGKILL)
            try await lab.startServer()
            #expect(try await lab.rollout("shop-2").budget == budget)
            let explained = try await lab.must("rollout", "explain", "shop-2")
            #expect(explained.contains("Budget: all checks together stand at"), "\(explained)")
        }
    }
}
