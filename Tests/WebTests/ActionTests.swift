import Rollouts
import Specs
import Testing
import Values
import Wire

@testable import Web

@Suite struct ActionTests {
    private func labels(_ rollout: RolloutView, serves: Bool = false) -> [String] {
        Action.available(for: rollout, serves: serves).map(\.label)
    }
    private let baking = World.baking(World.hostNames(12), World.noon, later: false)
    private let paused = World.baking(World.hostNames(12), World.noon, later: true)

    @Test("a rollout under way can be paused, promoted and taken back; a paused one resumed")
    func underWay() {
        #expect(labels(baking) == ["Pause", "Promote", "Promote all", "Abort", "Roll back"])
        #expect(labels(paused) == ["Resume", "Promote", "Promote all", "Abort", "Roll back"])
    }

    @Test("a wave that waits for a person can be approved; one that no host has seen is cancelled, not rolled back")
    func waiting() {
        var rollout = World.approval(World.hostNames(12), World.noon)
        #expect(labels(rollout) == ["Approve", "Pause", "Promote", "Promote all", "Abort", "Roll back"])
        rollout.wave = 0
        rollout.waves[0].gate = .approval
        #expect(labels(rollout) == ["Approve", "Pause", "Promote", "Promote all", "Cancel"])
    }

    @Test("what has ended can be retried, or taken back while it still serves")
    func ended() {
        let done = World.done(World.hostNames(12), World.noon)
        #expect(labels(World.queued(World.noon)) == ["Cancel"])
        #expect(labels(World.rolledBack(World.hostNames(12), World.noon)) == ["Retry"])
        #expect(labels(done, serves: true) == ["Roll back"])
        #expect(labels(done, serves: false) == [])
        var first = done
        first.previous = nil
        #expect(labels(first, serves: true) == [])
    }

    @Test("a rollback is left alone, unless hosts are stuck")
    func rollingBack() {
        var rollout = baking
        rollout.phase = .rollingBack
        #expect(labels(rollout) == [])
        rollout.leftBehind = ["ap-web-03"]
        #expect(labels(rollout) == ["End the rollback"])
    }

    @Test("every state of a rollout has a shape and a word")
    func signs() {
        for phase in Phase.allCases {
            #expect(!Sign(phase).word.isEmpty)
        }
        #expect(Sign(paused).word == "Paused")
        var held = baking
        held.hold = Hold(kind: .lostHosts, reason: "two hosts are silent", since: World.noon)
        #expect(Sign(held) == Sign(shape: .hand, word: "Held", tone: .attention))
        held.hold?.kind = .undecided
        #expect(Sign(held).tone == .idle)
    }

    @Test("a host of a wave says what it does there")
    func hostSigns() {
        func word(_ wave: WaveView.State, _ version: String, ready: Bool = true, _ detail: String, ended: Bool = false)
            -> String
        {
            var rollout = baking
            if ended { rollout.phase = .done }
            let host = WaveHostView(host: "a", contact: .connected, version: version, ready: ready, detail: detail)
            return Sign(host, of: wave, in: rollout).word
        }
        #expect(word(.done, "2.5.0", "ready") == "Ready")
        #expect(word(.moving, "2.4.0", "waiting") == "Waiting")
        #expect(word(.moving, "2.4.0", "downloading 35%") == "Moving")
        #expect(word(.moving, "2.4.0", "failed: not ready in 30s") == "Failed")
        #expect(word(.rollingBack, "2.5.0", "going back") == "Going back")
        #expect(word(.rollingBack, "2.4.0", "ready") == "Back")
        #expect(word(.rollingBack, "2.4.0", "stuck: cannot be stopped") == "Stuck")
        #expect(word(.pending, "2.4.0", "waiting") == "Waiting")
        #expect(word(.pending, "2.4.0", "ready", ended: true) == "Not reached")
        #expect(word(.done, "2.6.0", "ready", ended: true) == "Another version")
    }
}
