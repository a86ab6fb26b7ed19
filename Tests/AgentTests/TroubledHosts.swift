import FoundationEssentials
import Glibc
import Runtimes
import Specs
import Synchronization
import Testing
import Values
import Wire

@testable import Agent

@Suite("Agents where not everything works", .serialized)
struct TroubledHosts {
    @Test("A server whose workers accept is asked and handed over, without control groups too")
    func prefork() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let first = lab.version("v1", faults: ["prefork"], run: run)
            lab.want(first)
            _ = try lab.startAgent(quota: "5GiB", ["no-groups"])
            try await lab.waitFor("v1")
            let pid = try #require(lab.server.service("web")?.instances.first?.pid)
            let worker = try #require(lab.children(of: pid).first)
            lab.want(lab.version("v2", faults: ["prefork"], run: run), fallback: first)
            try await lab.waitFor("v2")
            try await lab.wait("a sample of the new one's") {
                lab.samples.contains { $0.contains("requests_total{v=\"v2\"}") }
            }
            try await lab.wait("the old one's end") { !isRunning(pid) && !isRunning(worker) }
        }
    }

    @Test("Downloads that fail keep nobody else from being downloaded")
    func blockedDownloads() async throws {
        try await inLab { lab in
            let run = try TestApp.run(port: Lab.freePort())
            let good = lab.version("v1", run: run)
            var services: [DesiredService] = []
            for name in ["a", "b", "c"] {
                var lost = lab.version("v-\(name)", run: run)
                // Nobody listens there, and somebody may later.
                lost.artefact.url = "http://127.0.0.1:1/\(name)"
                services.append(DesiredService(service: name, run: lost, fallback: nil, keep: [lost]))
            }
            lab.server.want(services)
            _ = try lab.startAgent()
            try await lab.wait("all to be tried") {
                ["a", "b", "c"].allSatisfy { lab.server.service($0)?.detail.contains("tries again") == true }
            }
            lab.server.want(services + [DesiredService(service: "web", run: good, fallback: nil, keep: [good])])
            try await lab.waitFor("v1")
        }
    }

    @Test(
        "When a download needs room, what nobody wants goes; what a process still uses stays",
        .enabled(if: geteuid() == 0, "mounting needs root"))
    func room() async throws {
        try await inLab { lab in
            let data = "\(lab.folder)/data"
            mkdir(data, 0o755)
            guard mount("tmpfs", data, "tmpfs", 0, "size=90m") == 0 else { return }
            defer { umount2(data, Int32(MNT_DETACH)) }
            let artefacts = "\(data)/artefacts/sha256"
            let names = ["1", "2"].map { "\(artefacts)/\(String(repeating: $0, count: 64))" }
            for name in names {
                try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
                try AtomicFile.write([UInt8](repeating: 1, count: 16 << 20), to: "\(name)/large")
            }
            lab.want(try lab.version("v1", run: TestApp.run(port: Lab.freePort())))
            let agent = try lab.startAgent()
            try await lab.waitFor("v1")
            #expect(names.allSatisfy { access($0, F_OK) != 0 })
            #expect(lab.agentLog.contains("removed unwanted artefacts to make room"))
            lab.killAgent(agent, SIGTERM)

            // The service goes on, and works in the folder of its artefact, which nobody here wants.
            let folder = ArtefactFolder(try DataFolder(path: data))
            #expect(folder.collect(quota: 0, wanted: []).removed == [])
            for pid in ProcessFiles.allProcesses()
            where ProcessFiles.environment(pid)["NOTIFY_SOCKET"]?.hasPrefix(lab.folder) == true { kill(pid, SIGKILL) }
            try await lab.wait("the artefact to go") { folder.collect(quota: 0, wanted: []).removed.count == 1 }
        }
    }

    @Test("A credential that is refused once is not given up, join token or not")
    func refusedOnce() async throws {
        try await inLab { lab in
            _ = try lab.startAgent(quota: "5GiB", ["join-token=join"])
            try await lab.wait("a report") { lab.server.report() != nil }
            #expect(lab.server.state.withLock(\.tokens) == ["join join", "stream secret"])
            lab.server.state.withLock { state in
                (state.tokens, state.refusedStreams, state.refusedJoins) = ([], [401], [403])
            }
            lab.server.cutStreams()
            try await lab.wait("it to come back") {
                lab.server.state.withLock(\.tokens) == ["stream secret", "join join", "stream secret"]
            }
            lab.forgetReports()
            try await lab.wait("a report") { lab.server.report() != nil }
        }
    }

    @Test("A fifth who follows is told at once that four others do, and one who only reads is not kept waiting")
    func manyFollow() async throws {
        try await inLab { lab in
            lab.want(try lab.version("v1", run: TestApp.run(port: Lab.freePort())))
            _ = try lab.startAgent()
            try await lab.waitFor("v1")
            for number in 1...4 {
                lab.server.ask(LogRequest(id: "F\(number)", service: "web", lines: 10, follow: true))
            }
            try await lab.wait("four to follow") { lab.server.state.withLock(\.logs.count) == 4 }
            lab.server.ask(LogRequest(id: "F5", service: "web", lines: 10, follow: true))
            lab.server.ask(LogRequest(id: "R", service: "web", lines: 10, follow: false))
            try await lab.wait("both answers") { lab.server.state.withLock(\.logs.count) == 6 }
            let logs = lab.server.state.withLock(\.logs)
            #expect(logs["F5"] == "4 others follow logs of this host; try again when one of them has ended\n")
            #expect(logs["R"] == "hello from v1\n")
        }
    }
}
