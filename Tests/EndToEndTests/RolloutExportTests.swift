import Foundation
import Rollouts
import TestSupport
import Testing

/// What a rollout's hosts counted is written as a trace, and judged again.
@Suite("A past rollout is judged again", .serialized)
struct RolloutExportTests {
    private static let waves = """
        - { name: one, hosts: 1, bake: 30m }
        - { name: all, hosts: 100%, bake: 30m, maxUnavailable: 100% }
        """
    /// A check that moves nothing: the incident that somebody wants to look at again.
    private static let checks = """
        checks:
          - name: errors
            ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
            warmUp: 1s
            dryRun: true
        """

    @Test("the trace of a bad version that nobody stopped fails by the check that now counts")
    func judgedAgain() async throws {
        try await Lab.with(Lab.Setting(hosts: 3)) { lab in
            try await lab.applyShop(
                lab.document(
                    waves: RolloutExportTests.waves, plan: "watch: 0s", checks: false, more: RolloutExportTests.checks))
            let trace = "\(lab.folder)/incident.csv"
            let checks = "\(lab.folder)/checks.yaml"
            try await lab.ship("v1")
            let first = try await lab.halcyon("rollout", "export", "shop-1", "--trace", trace)
            #expect(first.code == 1 && first.errors.contains("nothing to compare it with"), "\(first)")
            let file = try lab.pack("v2", "error_rate=0.5\nseed=7")
            _ = try await lab.must("deploy", "shop", "--artifact", file, "--version", "v2")
            try await lab.waitForPhase("shop-2", .baking)
            var story = EvidenceStory(lab, "shop-2", brings: "v2")
            for _ in 0..<8 {
                try await story.ask(20)
                let isBaking = try await story.waitForAll()
                #expect(isBaking)
            }
            _ = try await lab.must("rollout", "abort", "shop-2", "--reason", "customers see errors", "--yes")
            let said = try await lab.must("rollout", "export", "shop-2", "--trace", trace, "--checks", checks)
            #expect(said.contains("shop-2: ") && said.contains("of 3 hosts in ticks of 10s"), "\(said)")
            let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            #expect(lines.first == "t,cohort,zone,host,errors,requests")
            let canary = lines.filter { $0.contains(",canary,") }.map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            // Every answer is in it, once.
            #expect(canary.compactMap { Int($0[5]) }.reduce(0, +) == story.answers)
            #expect(Set(canary.map { $0[3] }).count == 1)
            #expect(lines.contains { $0.contains(",baseline,") })
            let written = try String(contentsOfFile: checks, encoding: .utf8)
            try written.replacing("dryRun: true", with: "dryRun: false").write(
                toFile: checks, atomically: true, encoding: .utf8)
            let judged = try await lab.must("rehearse", "--trace", trace, "--checks", checks, "-o", "json")
            #expect(
                judged.contains(#""verdict":"fail""#) && judged.contains(#""check":"errors""#), "\(judged)\n\(written)")
            let none = try await lab.halcyon("rollout", "export", "shop-2", "--trace", "\(lab.folder)/none/x.csv")
            #expect(none.code == 2 && none.errors.contains("cannot write"), "\(none)")
        }
    }
}
