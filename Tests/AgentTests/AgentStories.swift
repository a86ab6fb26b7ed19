import Glibc
import Runtimes
import Specs
import Synchronization
import Testing
import Values
import Wire

@Suite("An agent with real processes", .serialized)
struct AgentStories {
    @Test("A service is downloaded, started, scraped and reported; then handed over to a new version")
    func handover() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let (first, second) = (lab.version("v1", run: run), lab.version("v2", run: run))
            lab.want(first)
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            let before = lab.server.service("web")
            try await lab.wait("a sample") { lab.samples.contains { $0.contains("requests_total{v=\"v1\"}") } }
            lab.want(second, fallback: first)
            try await lab.waitFor("v2")
            #expect(lab.server.service("web")?.instances.count == 1)
            #expect(before?.instances.first?.pid != lab.server.service("web")?.instances.first?.pid)
            lab.want(nil)
            try await lab.wait("the end") { lab.server.service("web")?.state == .absent }
        }
    }

    @Test("After kill -9 of the agent the service goes on, and the next agent adopts it with its socket")
    func adoption() async throws {
        try await inLab { lab in
            let port = try Lab.freePort()
            let run = TestApp.run(port: port)
            lab.want(lab.version("v1", run: run))
            let agent = try lab.startAgent()
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            lab.killAgent(agent)
            #expect(isRunning(pid))
            #expect(lab.get(port: port) == "v1")
            lab.forgetReports()
            let next = try lab.startAgent()
            try await lab.waitFor("v1")
            let instance = lab.server.service("web")?.instances.first
            #expect(instance?.pid == pid)
            #expect(instance?.adopted == true)
            #expect(lab.server.report()?.warnings.isEmpty == true, "\(lab.server.report()?.warnings ?? [])")
            // The socket is held again: a hand-over is possible.
            lab.want(lab.version("v2", run: run))
            try await lab.waitFor("v2")
            // Killed again, and its state is lost too: the marks in the processes are enough.
            let second = try #require(lab.server.service("web")?.instances.first?.pid)
            lab.killAgent(next)
            for name in ["services/web.json", "epoch.json"] {
                try AtomicFile.write(Array("garbage".utf8), to: "\(lab.folder)/data/\(name)")
            }
            lab.forgetReports()
            _ = try lab.startAgent()
            try await lab.waitFor("v2")
            #expect(lab.server.service("web")?.instances.map(\.pid) == [second])
            #expect(lab.server.report()?.warnings.contains { $0.contains("set aside") } == true)
            for name in ["services/web.json", "epoch.json"] { unlink("\(lab.folder)/data/\(name).unreadable") }
            try await lab.wait("the warnings to go") { lab.server.report()?.warnings == [] }
        }
    }

    @Test("An agent without its server adopts, keeps what runs alive, and changes nothing")
    func withoutServer() async throws {
        try await inLab { lab in
            let port = try Lab.freePort()
            lab.want(lab.version("v1", run: TestApp.run(port: port)))
            let agent = try lab.startAgent()
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            lab.killAgent(agent, SIGTERM)
            #expect(isRunning(pid))
            let elsewhere = try lab.startAgent(server: "http://127.0.0.1:1")
            try await lab.wait("the adoption") { lab.agentLog.contains("found an instance running") }
            #expect(lab.get(port: port) == "v1")
            kill(pid, SIGKILL)
            // The socket is held by the agent, so this request waits for the next instance.
            #expect(lab.get(port: port) == "v1")
            lab.killAgent(elsewhere)
        }
    }

    @Test("A new version that ends at once, or never gets ready: the old one just stays, and the output is told")
    func badVersions() async throws {
        try await inLab { lab in
            let port = try Lab.freePort()
            let run = TestApp.run(port: port)
            let good = lab.version("v1", run: run)
            lab.want(good)
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            lab.want(lab.version("v2", faults: ["crash"], run: run), fallback: good)
            try await lab.waitFor("v1", .failed)
            let failure = lab.server.service("web")?.failure
            #expect(failure?.step == .start)
            #expect(failure?.message == "exited with status 3 before it was ready")
            #expect(failure?.output == ["hello from v2"])
            lab.want(
                lab.version("v3", faults: ["deaf"], run: TestApp.run(port: port, within: .seconds(2))), fallback: good)
            try await lab.wait("v3 fails") {
                lab.server.service("web")?.failure?.message == "not ready within 2s"
            }
            var missing = good
            missing.version = "v4"
            missing.run.command = ["./ap"]
            lab.want(missing, fallback: good)
            try await lab.wait("v4 fails") { lab.server.service("web")?.failure?.version == "v4" }
            #expect(
                lab.server.service("web")?.failure?.message
                    == "./ap does not exist in the artefact; did you mean ./app?")
            try await lab.wait("only v1") { lab.server.service("web")?.instances.map(\.pid) == [pid] }
        }
    }

    @Test("A crash loop soon after the hand-over goes back to the fallback, without the server")
    func crashLoop() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let good = lab.version("v1", run: run)
            lab.want(good)
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            lab.want(lab.version("v2", faults: ["dies"], run: run), fallback: good)
            try await lab.waitFor("v1", .failed)
            try await lab.wait("the crash loop") { lab.server.service("web")?.failure?.step == .crashLoop }
            try await lab.waitFor("v1", .failed)
        }
    }

    @Test("A download that is cut off goes on where it was; a wrong one is given up after three times")
    func downloads() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let good = lab.version("v1", run: run)
            lab.server.state.withLock { $0.cuts = [100, 200] }
            lab.want(good)
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            #expect(lab.server.state.withLock(\.ranges) == [nil, "bytes=100-", "bytes=300-"])
            var wrong = lab.version("v2", run: run)
            let other = Array("x".utf8) + TestApp.source(version: "v2").dropFirst()
            wrong.artefact = lab.server.add(other, digest: wrong.artefact.digest)
            lab.want(wrong, fallback: good)
            try await lab.waitFor("v1", .failed)
            #expect(lab.server.service("web")?.failure?.step == .verify)
            #expect(lab.server.state.withLock(\.ranges.count) == 6)
        }
    }

    @Test("Stopping an instance ends its children too, and the output of a loud one stays bounded and can be followed")
    func childrenAndLogs() async throws {
        try await inLab { lab in
            var run = try TestApp.run(port: Lab.freePort(), ready: .notify)
            run.logs = LogLimits(size: ByteSize(bytes: 256 << 10))
            lab.want(lab.version("v1", faults: ["child", "chatty"], run: run))
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            let child = try #require(lab.children(of: pid).first)
            let log = "\(lab.folder)/data/logs/web/web-1.log"
            lab.server.ask(LogRequest(id: "L1", service: "web", lines: 3, follow: true))
            try await lab.wait("two megabytes of output", seconds: 60) { lab.lastLine(log) > 20_000 }
            try await lab.wait("a bounded log") { lab.size(log) < 3 << 20 }
            try await lab.wait("followed output") {
                lab.server.state.withLock { ($0.logs["L1"]?.count ?? 0) > 200_000 }
            }
            let followed = lab.server.state.withLock { $0.logs["L1"] ?? "" }
            let numbers = followed.split(separator: "\n").dropLast().compactMap { Int($0.dropFirst(5).prefix(9)) }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
            lab.want(nil)
            try await lab.wait("the end") { lab.server.service("web")?.state == .absent }
            #expect(!isRunning(pid))
            #expect(!isRunning(child))
        }
    }

    @Test("`handover: port` and `handover: restart`")
    func otherHandovers() async throws {
        for handover in [Handover.port, .restart] {
            try await inLab { lab in
                let run = try TestApp.run(port: Lab.freePort(), handover: handover)
                let first = lab.version("v1", run: run)
                lab.want(first)
                _ = try lab.startAgent()
                try await lab.waitFor("v1")
                lab.want(lab.version("v2", run: run), fallback: first)
                try await lab.waitFor("v2")
                lab.want(lab.version("v3", faults: ["crash"], run: run), fallback: lab.version("v2", run: run))
                try await lab.waitFor("v2", .failed)
            }
        }
    }

    @Test("An instance that stops answering is not ready any more, and is again when it answers; nothing is restarted")
    func readinessGoesOn() async throws {
        try await inLab { lab in
            var run = try TestApp.run(port: Lab.freePort())
            run.ready.timeout = .milliseconds(300)
            run.environment["STATE"] = "\(lab.folder)/state"
            lab.want(lab.version("v1", run: run))
            let agent = try lab.startAgent()
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            try await lab.tell("sick") { $0.detail.hasSuffix("not ready any more: /healthz answered 503") }
            try await lab.tell("") { $0.ready }
            try await lab.tell("mute") { $0.detail.hasSuffix("not ready any more: no answer in time") }
            // The next agent goes on asking.
            lab.killAgent(agent)
            lab.forgetReports()
            _ = try lab.startAgent()
            try await lab.wait("the report of the next agent") { lab.server.service("web")?.ready == false }
            try await lab.tell("") { $0.ready }
            #expect(lab.server.service("web")?.instances.map(\.pid) == [pid])
        }
    }

    @Test("Artefacts stay within their quota: the oldest unwanted one goes, what may be needed stays, and that is said")
    func quota() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let versions = (0...3).map { lab.version("v\($0)", run: run) }
            let size = versions[0].artefact.size
            let agent = try lab.startAgent(quota: "\(size * 5 / 2)B")
            for (new, old) in zip(versions[1...], versions) {
                lab.want(new, fallback: old)
                try await lab.waitFor(new.version)
                try await lab.wait("two artefacts") { lab.unpacked == 2 }
            }
            #expect(lab.server.report()?.warnings == [])
            // One that was collected is wanted again: it is fetched again.
            lab.want(versions[1], fallback: versions[3])
            try await lab.waitFor("v1")
            lab.killAgent(agent)
            lab.forgetReports()
            _ = try lab.startAgent(quota: "1B")
            try await lab.wait("the warning") {
                lab.server.report()?.warnings.contains { $0.contains("more than the quota of 1B; they stay") } == true
            }
            #expect(lab.unpacked == 2)
            lab.want(versions[1])
            try await lab.wait("one artefact") { lab.unpacked == 1 }
            lab.want(nil)
            try await lab.wait("no artefact, and no warning") {
                lab.unpacked == 0 && lab.server.report()?.warnings.isEmpty == true
            }
        }
    }

    @Test("A second agent in the same folder says whose it is")
    func twoAgents() async throws {
        try await inLab { lab in
            let agent = try lab.startAgent()
            try await lab.wait("a report") { lab.server.report() != nil }
            let second = try lab.startAgent()
            try await lab.wait("a refusal") {
                lab.agentLog.contains("another agent works in this data folder already")
                    && lab.agentLog.contains("process \(agent)")
            }
            lab.killAgent(second)
        }
    }
}

/// Runs a story and ends everything that it started, whatever happens.
func inLab(_ story: (Lab) async throws -> Void) async throws {
    let lab = try await Lab()
    do {
        try await story(lab)
    } catch {
        await lab.end()
        throw error
    }
    await lab.end()
}
