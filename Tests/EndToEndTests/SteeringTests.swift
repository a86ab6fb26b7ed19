import Rollouts
import TestSupport
import Testing
import Wire

@Suite("What people tell rollouts, through the command line")
struct SteeringTests {
    /// A bake that nobody waits for.
    private static let slow = "- { name: one, hosts: 1, bake: 10m }\n- { name: all, hosts: 100%, maxUnavailable: 100% }"

    @Test("one rollout at a time: queued, superseded, the same again, refused after a rollback, forced")
    func order() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try await lab.applyShop(lab.document(waves: SteeringTests.slow, checks: false))
            for version in ["v1", "v2", "v3", "v4"] { _ = try lab.pack(version) }
            func deploy(_ version: String, _ more: String...) async throws -> Lab.Outcome {
                let file = "\(lab.folder)/\(version).tar"
                return try await lab.halcyon(["deploy", "shop", "--artifact", file, "--version", version] + more)
            }
            #expect(try await deploy("v1", "--watch", "--until", "done").code == 0)
            try await says(deploy("v1"), 0, "v1 is what runs already")
            try await says(deploy("v2"), 0, "shop-2 brings v2")
            try await lab.waitForPhase("shop-2", .baking)
            try await says(deploy("v2"), 0, "shop-2 is bringing v2 already")
            try await says(deploy("v3"), 0, "waits for shop-2; --supersede would replace it")
            try await says(deploy("v3"), 0, "v3 waits in the queue already")
            // The one in flight goes back first; what was queued waits on.
            #expect(try await deploy("v4", "--supersede").code == 0)
            try await lab.waitForPhase("shop-2", .rolledBack)
            try await lab.waitForPhase("shop-4", .baking)
            #expect(try await lab.rollout("shop-3").phase == .queued)
            try await lab.must("rollout", "promote", "shop-4", "--full", "--reason", "sure")
            try await lab.waitForPhase("shop-3", .baking)
            #expect(try await lab.rollout("shop-4").phase == .done)
            // Aborted: it may come again. Rolled back: only by force.
            try await lab.must("rollout", "abort", "shop-3", "--reason", "wrong day")
            try await lab.waitForPhase("shop-3", .rolledBack)
            try await says(deploy("v3"), 0, "shop-5 brings v3")
            try await lab.waitForPhase("shop-5", .baking)
            try await lab.must("rollout", "rollback", "shop-5", "--reason", "errors seen")
            try await lab.waitForPhase("shop-5", .rolledBack)
            try await says(deploy("v3"), 1, "v3 was rolled back by shop-5 (errors seen); deploy with --force")
            try await says(deploy("v3", "--force"), 0, "shop-6 brings v3")
            try await says(lab.halcyon("rollout", "approve", "shop-6"), 1, "no wave waits for an approval")
            try await says(lab.halcyon("rollout", "resume", "shop-6"), 1, "it is not paused")
            try await says(lab.halcyon("rollout", "pause", "shop-5"), 1, "has ended")
            try await lab.must("rollout", "abort", "shop-6")
            try await lab.waitForEverywhere("v4")
            let audit = try await lab.must("audit", "--limit", "200")
            for words in ["deploy", "rollout", "errors seen", "wrong day", "apply"] { #expect(audit.contains(words)) }
            // A version never changes.
            let other = try lab.pack("other", "latency_ms=1")
            try await says(
                lab.halcyon("deploy", "shop", "--artifact", other, "--version", "v4"), 1, "a version never changes")
        }
    }

    @Test("approval, pause and resume, freeze, and a rollback that waits for none of them")
    func gates() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            let waves = "- { name: one, hosts: 1, bake: 1s }\n- { name: all, hosts: 100%, gate: approval, bake: 10m }"
            try await lab.applyShop(lab.document(waves: waves, checks: false))
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v1"), "--version", "v1")
            try await lab.waitForPhase("shop-1", .waiting)
            try await lab.must("rollout", "approve", "shop")
            try await lab.waitForEverywhere("v1")
            try await lab.waitForPhase("shop-1", .done)

            try await lab.must("deploy", "shop", "--artifact", lab.pack("v2"), "--version", "v2")
            try await waitFor("it to wait for an approval") {
                let view = try await lab.rollout("shop-2")
                return view.phase == .waiting && view.needsPerson && view.summary.contains("needs an approval")
            }
            try await lab.must("rollout", "pause", "shop", "--reason", "lunch")
            try await lab.must("rollout", "approve", "shop")
            let paused = try await lab.rollout("shop-2")
            #expect(paused.phase == .waiting && paused.pause?.reason == "lunch")
            try await says(lab.halcyon("rollout", "pause", "shop"), 1, "it is paused already, by dev")
            try await lab.must("rollout", "resume", "shop")
            try await lab.waitForPhase("shop-2", .baking)
            try await lab.waitForEverywhere("v2")

            let time = "from: 2020-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z"
            let freeze = "{kind: Freeze, name: sale, reason: the sale, \(time)}"
            try write(freeze, to: "\(lab.folder)/freeze.yaml")
            try await lab.must("apply", "-f", "\(lab.folder)/freeze.yaml")
            try await lab.must("rollout", "rollback", "shop", "--reason", "in spite of the freeze")
            try await lab.waitForPhase("shop-2", .rolledBack)
            try await lab.waitForEverywhere("v1")
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v3"), "--version", "v3")
            try await waitFor("it to wait for the freeze to end") {
                try await lab.rollout("shop-3").summary.contains("frozen: sale: the sale")
            }
            try await lab.must("delete", "freeze", "sale")
            try await waitFor("its first wave to be done") { try await lab.rollout("shop-3").wave == 1 }
            try await lab.must("rollout", "abort", "shop")
            try await lab.waitForEverywhere("v1")
        }
    }

    @Test("a forward-only version asks first, and when it fails a person decides")
    func forwardOnly() async throws {
        try await Lab.with(Lab.Setting(hosts: 2)) { lab in
            try await lab.applyShop(lab.document(waves: SteeringTests.slow, checks: false))
            try await lab.must("deploy", "shop", "--artifact", lab.pack("v1"), "--version", "v1", "--watch")
            let file = try lab.pack("v2", "exit_at_start=1")
            try await lab.must("deploy", "shop", "--artifact", file, "--version", "v2", "--forward-only")
            try await waitFor("it to wait for an approval") {
                try await lab.rollout("shop-2").summary.contains("forward-only and needs an approval")
            }
            try await lab.must("rollout", "approve", "shop")
            try await waitFor("it to be held") {
                let view = try await lab.rollout("shop-2")
                return view.hold?.kind == .forwardOnly && view.needsPerson
            }
            #expect(try await lab.must("rollout", "explain", "shop").contains("forward-only"))
            try await lab.must("rollout", "rollback", "shop")
            try await lab.waitForPhase("shop-2", .rolledBack)
            try await lab.waitForEverywhere("v1")
        }
    }

    private func says(
        _ outcome: Lab.Outcome, _ code: Int32, _ words: String, location: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.code == code && outcome.text.contains(words), "\(outcome)", sourceLocation: location)
    }
}

extension Lab {
    func waitForPhase(_ rollout: String, _ phase: Phase) async throws {
        var seen: Phase?
        do {
            try await waitFor("\(rollout) to be \(phase)") {
                seen = try await self.rollout(rollout).phase
                return seen == phase
            }
        } catch {
            throw Unmet("\(error); it is \(seen.map { "\($0)" } ?? "not there")")
        }
    }
}
