import Agent
import FoundationEssentials
import Glibc
import Logging
import Runtimes
import Specs
import Synchronization
import Testing
import Values
import Wire

/// An agent, its data folder, the server it talks to, and whatever must be ended afterwards.
final class Lab: Sendable {
    let server: FakeServer
    let folder: String
    private let processes = Mutex<[Int32]>([])

    init() async throws {
        server = try await FakeServer()
        var template = Array("/tmp/agent-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("making a folder", code: errno) }
        folder = String(cString: made)
    }

    func version(_ name: String, faults: [String] = [], run: RunSpec) -> DesiredVersion {
        let source = TestApp.source(version: name, faults: faults)
        return DesiredVersion(version: name, artefact: server.add(source, digest: TestApp.digest(source)), run: run)
    }

    func want(_ run: DesiredVersion?, fallback: DesiredVersion? = nil) {
        server.want([
            DesiredService(service: "web", run: run, fallback: fallback, keep: [run, fallback].compactMap { $0 })
        ])
    }

    /// Starts the agent as a process of its own.
    func startAgent(server url: String? = nil, quota: String = "5GiB", _ more: [String] = []) throws -> Int32 {
        let program = (CommandLine.arguments.first ?? "").split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(program)/agent-under-test"
        let log = open("\(folder)/agent.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer { close(log) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, log, 1)
        posix_spawn_file_actions_adddup2(&actions, log, 2)
        let words = [path, url ?? server.url, "host-1", "\(folder)/data", "127.0.0.1", quota] + more
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: Int32 = 0
        let code = posix_spawn(&pid, path, &actions, nil, &arguments, environ)
        guard code == 0 else { throw SystemError("starting \(path)", code: code) }
        processes.withLock { $0.append(pid) }
        return pid
    }

    func killAgent(_ pid: Int32, _ signal: Int32 = SIGKILL) {
        kill(pid, signal)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        processes.withLock { $0.removeAll { $0 == pid } }
    }

    /// Ends the agents and every instance that they have left.
    func end() async {
        for pid in processes.withLock({ $0 }) { killAgent(pid) }
        for pid in ProcessFiles.allProcesses()
        where ProcessFiles.environment(pid)["NOTIFY_SOCKET"]?.hasPrefix(folder) == true { kill(pid, SIGKILL) }
        await server.stop()
        let identity = String(
            decoding: ((try? AtomicFile.read("\(folder)/data/agent.json")) ?? nil) ?? [], as: UTF8.self)
        if let agent = identity.firstRange(of: "\"agent\":\"").map({ identity[$0.upperBound...].prefix(12) }) {
            for root in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] { rmdir("\(root)/halcyon-\(agent)") }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var agentLog: String {
        String(decoding: ((try? AtomicFile.read("\(folder)/agent.log")) ?? nil) ?? [], as: UTF8.self)
    }

    /// Waits until something is true, with a deadline that only a broken agent misses.
    func wait(_ words: String, seconds: Int = 40, _ condition: () -> Bool) async throws {
        for _ in 0..<(seconds * 50) {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record(
            "\(words) did not happen; \(server.report().map { "\($0)" } ?? "no report")\n\(agentLog.suffix(3000))")
        throw CancellationError()
    }

    func waitFor(_ version: String, _ state: ServiceReport.State = .running) async throws {
        try await wait("\(version) \(state.rawValue)") {
            let report = server.service("web")
            return report?.version == version && report?.ready == true && report?.state == state
        }
    }

    /// A port that nobody uses now, below those that the kernel draws for itself.
    static func freePort() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 10_000...19_999)
            if (try? ListeningSocket(ListenAddress(host: "127.0.0.1", port: UInt16(port)))) != nil { return port }
        }
        throw SystemError("there is no free port between 10000 and 19999", code: EADDRINUSE)
    }
}

func isRunning(_ pid: Int32) -> Bool { ProcessIdentity(pid: pid)?.isAlive == true }

extension Lab {
    var samples: [String] { server.state.withLock(\.samples) }

    /// Tells the service how to be, and waits until its report shows it.
    func tell(_ state: String, until condition: (ServiceReport) -> Bool) async throws {
        try AtomicFile.write(Array(state.utf8), to: "\(folder)/state")
        try await wait("the report of '\(state)'") { server.service("web").map(condition) == true }
    }

    /// How many artefacts are unpacked.
    var unpacked: Int { ProcessFiles.folder("\(folder)/data/artefacts/sha256").filter { !$0.contains(".") }.count }

    func forgetReports() { server.state.withLock { $0.reports = [] } }

    func children(of pid: Int32) -> [Int32] {
        let bytes = (try? AtomicFile.read("/proc/\(pid)/task/\(pid)/children")) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }

    func size(_ file: String) -> Int {
        var status = stat()
        return stat(file, &status) == 0 ? status.st_size : 0
    }

    /// The number in the last line of a chatty program's output.
    func lastLine(_ file: String) -> Int {
        Int(LogFolder.tail(file, lines: 1).first?.dropFirst(5).prefix(9) ?? "") ?? 0
    }

    /// The body of one GET, made with a connection of its own; waits as long as the connection is only queued.
    func get(port: Int) -> String {
        guard let connection = try? ProbeConnection(to: ListenAddress(host: "127.0.0.1", port: UInt16(port))) else {
            return "refused"
        }
        let socket = connection.duplicate()
        defer { close(socket) }
        var ready = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, 5000)
        let request = Array("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
        write(socket, request, request.count)
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while true {
            ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 20_000) == 1 else { return "timeout" }
            let count = read(socket, &room, room.count)
            guard count > 0 else { break }
            answer += room.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self).split(separator: "\r\n").last.map(String.init) ?? ""
    }
}
