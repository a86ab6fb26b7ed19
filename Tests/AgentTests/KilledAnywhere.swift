import Glibc
import Synchronization
import Testing
import Values
import Wire

@Suite("An agent killed anywhere", .serialized)
struct KilledAnywhere {
    /// More kills on request.
    private static var kills: Int { getenv("HALCYON_KILLS").flatMap { Int(String(cString: $0)) } ?? 8 }

    @Test(
        "kill -9 at random moments of hand-overs: no request is lost, nothing restarts needlessly, each comes to its end"
    )
    func killed() async throws {
        try await inLab { lab in
            let port = try Lab.freePort()
            let run = TestApp.run(port: port)
            lab.want(lab.version("v0", run: run))
            var agent = try lab.startAgent()
            try await lab.waitFor("v0")
            let load = Load(port: port, clients: 2, keepAlive: true)
            // Repeated with its seed, as far as processes can repeat themselves.
            let seed =
                getenv("HALCYON_SEED").flatMap { UInt64(String(cString: $0)) } ?? 7
            print("HALCYON_SEED=\(seed)")
            var random = SeededGenerator(seed: seed)
            for number in 1...KilledAnywhere.kills {
                lab.want(lab.version("v\(number)", run: run))
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1800, using: &random)))
                lab.killAgent(agent)
                lab.forgetReports()
                agent = try lab.startAgent()
                try await lab.waitFor("v\(number)")
                let instances = lab.server.service("web")?.instances ?? []
                #expect(instances.count == 1)
            }
            await load.stop()
            #expect(load.count.withLock(\.failures) == [])
            // One start a version: an instance that was on its way when the agent died is found, not started again.
            let starts = lab.agentLog.split(separator: "\n").filter { $0.contains("started an instance") }.count
            #expect(starts <= KilledAnywhere.kills + 1)
        }
    }
}
