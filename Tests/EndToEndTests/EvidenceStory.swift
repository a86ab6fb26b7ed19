import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import Rollouts
import TestSupport
import Verdicts
import Wire

/// A rollout that is judged by requests that are counted one by one, while its server is killed.
struct EvidenceStory {
    let lab: Lab
    let rollout: String
    /// The version whose requests are counted here too.
    let version: String
    /// How many answers the canary has given.
    private(set) var answers = 0
    private(set) var kills = 0

    init(_ lab: Lab, _ rollout: String, brings version: String) {
        (self.lab, self.rollout, self.version) = (lab, rollout, version)
    }

    func reading() async throws -> Reading? { try await lab.rollout(rollout).readings.first { $0.check == "errors" } }

    /// Asks every host so many times, one request after the other.
    mutating func ask(_ times: Int) async throws {
        for address in lab.shopAddresses {
            for _ in 0..<times {
                let request = HTTPClientRequest(url: "http://\(address)/")
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
                _ = try await response.body.collect(upTo: 1 << 20)
                if response.headers.first(name: "X-Version") == version { answers += 1 }
            }
        }
    }

    /// Waits until every request is in the evidence, or the bake of the first wave is over.
    ///
    /// - Returns: whether it still bakes.
    func waitForAll() async throws -> Bool {
        try await eventually("\(answers) requests of the canary to be in the evidence") {
            let view = try await lab.rollout(rollout)
            guard view.phase == .baking, view.wave == 0 else { return false }
            guard let total = view.readings.first?.canary?.total else { return nil }
            guard total <= Double(answers) else { throw Unmet("\(total) of \(answers) requests are in the evidence") }
            return total == Double(answers) ? true : nil
        }
    }

    /// Kills the server when all is stored, has requests come meanwhile, and starts it again.
    ///
    /// - Returns: whether the bake goes on. Then the evidence has gone on from the very same.
    mutating func kill(asking times: Int) async throws -> Bool {
        // Every tick is stored, so that after some more of them what is shown now is in the store.
        let revision = try await lab.see("/v1/status", as: StatusView.self).storeRevision
        try await waitFor("the evidence to be stored") {
            try await lab.see("/v1/status", as: StatusView.self).storeRevision >= revision + 4
        }
        let before = try await reading()
        let view = try await lab.rollout(rollout)
        guard view.phase == .baking, view.wave == 0 else { return false }
        try await lab.running("server").end(SIGKILL)
        kills += 1
        let stored = try await StoredEvidence.read(rollout, folder: "\(lab.folder)/server")
        guard let through = stored?.progress.through, through > view.createdAt else {
            throw Unmet("no evidence is stored: \(String(describing: stored))")
        }
        if times == 0 {
            try await lab.startServer()
            let after = try await eventually("the evidence to be shown again") {
                let reading = try await reading()
                return reading?.evidence == nil || reading?.lacksData == true ? nil : reading
            }
            guard after.canary?.bad == before?.canary?.bad, after.canary?.total == before?.canary?.total,
                after.evidence?.log == before?.evidence?.log, after.evidence?.proof == before?.evidence?.proof
            else { throw Unmet("the evidence was \(String(describing: before)) and is \(after)") }
            return true
        }
        try await ask(times)
        try await lab.startServer()
        return try await waitForAll()
    }
}
