import Foundation
import TestSupport
import Testing

/// One story after the other: each has a fleet of its own, with users.
@Suite("Killed anywhere, it goes on", .serialized)
struct KilledAnywhereTests {
    /// The same moments each time, as far as processes can repeat themselves; another seed tries others.
    private let seed = ProcessInfo.processInfo.environment["HALCYON_SEED"].flatMap { UInt64($0) } ?? 7

    @Test("the server, at 50 moments of deployments, bakes, rollbacks and commands")
    func server() async throws {
        try await tell([.server], kills: [.good: 9, .failsChecks: 6, .endsAtStart: 2], until: 50)
    }

    @Test("agents, at 50 moments")
    func agents() async throws {
        try await tell([.agent], kills: [.good: 15, .failsChecks: 10, .endsAtStart: 2], until: 50)
    }

    @Test("server and agents")
    func both() async throws {
        try await tell(
            [.server, .agent, .agent], kills: [.good: 9, .failsChecks: 6, .endsAtStart: 2], until: 30)
    }

    private func tell(
        _ victims: [KillStory.Victim], kills: [KillStory.Kind: Int], until enough: Int
    ) async throws {
        let catcher = Catcher(seed: seed, refusals: 0.15)
        let server = catcher.server
        try await server.start()
        try await Lab.with(Lab.Setting(hosts: 4), note: "HALCYON_SEED=\(seed)") { lab in
            try write("{kind: Receiver, name: hook, webhook: {url: '\(server.url)'}}", to: "\(lab.folder)/hook.yaml")
            try await lab.must("apply", "-f", "\(lab.folder)/hook.yaml")
            try await lab.applyShop(lab.document())
            var story = KillStory(lab, victims, kills: kills, seed: seed)
            try await story.tell(until: enough)
            print(
                "seed \(seed): \(story.killed) kills; \(story.met.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))"
            )
            try await checkDeliveries(lab, catcher)
            try await lab.running("server").end()
            let stored = try await StoredHistory(folder: "\(lab.folder)/server")
            #expect(stored.rollouts.count == 1 + story.rollouts)
            try stored.check()
            #expect(stored.notifications.subtracting(catcher.letters.filter(\.wasAccepted).map(\.id)).isEmpty)
            #expect(Set(catcher.letters.map(\.id)).subtracting(stored.notifications).isEmpty)
        }
        await server.stop()
    }

    /// Everything arrives at least once, and what arrives again is the same.
    private func checkDeliveries(_ lab: Lab, _ catcher: Catcher) async throws {
        try await waitFor("the outbox to be empty") {
            let outcome = try await lab.halcyon("receiver", "deliveries", "hook", "-o", "json", "--limit", "1000")
            return outcome.code == 0 && !outcome.output.contains("\"pending\"")
        }
        for (id, letters) in Dictionary(grouping: catcher.letters, by: \.id) {
            #expect(Set(letters.map(\.body)).count == 1, "\(id) was sent with different bodies")
        }
    }
}
