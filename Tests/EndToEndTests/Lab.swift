import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing
import Wire

/// A control plane with its agents, as processes of their own, in a folder of their own.
final class Lab: Sendable {
    /// How a lab's server is started, beside its folder and address.
    struct Setting: Sendable {
        var dev = true
        var hosts = 0
        var arguments: [String] = []
        var scheme = "http"
    }

    let folder: String
    let setting: Setting
    let serverPort: Int
    /// The port that the service of the tests listens on, at every host's address.
    let servicePort: Int
    private let started = Mutex<[Running]>([])
    private let current = Mutex<[String: Running]>([:])
    private let runs = Mutex(0)
    private let token = Mutex<String?>(nil)

    private init(_ setting: Setting) throws {
        var template = Array("/tmp/halcyon-e2e-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Unmet("a folder cannot be made in /tmp") }
        folder = String(cString: made)
        self.setting = setting
        serverPort = try Address.freePort([Address.server])
        servicePort = try Address.freePort((1...9).map(Address.host))
    }

    /// Runs `body` in a new lab with its server and agents, and ends all that it started, however it ends. When it throws,
    /// the logs of all processes are shown.
    static func with(
        _ setting: Setting = Setting(), note: String = "", location: SourceLocation = #_sourceLocation,
        _ body: (Lab) async throws -> Void
    ) async throws {
        try await Bench.shared.use {
            let lab = try Lab(setting)
            do {
                try await lab.startServer()
                for number in 1...max(1, setting.hosts) where number <= setting.hosts { try lab.startAgent(number) }
                if setting.hosts > 0 { try await lab.waitForHosts() }
                try await body(lab)
            } catch {
                let newest = (try? await lab.halcyon("rollout", "history", "shop"))?.text ?? ""
                let words = "\(error)\n\(note)\n\(lab.logs)\n── the newest history\n\(newest)"
                Issue.record("\(words)", sourceLocation: location)
            }
            lab.end()
        }
    }

    // MARK: Processes

    var server: String { "\(setting.scheme)://\(Address.server):\(serverPort)" }

    static func hostName(_ number: Int) -> String { "web-\(number)" }

    func log(_ name: String) -> String { read("\(folder)/\(name).log") }

    var environment: [String: String] {
        ["HOME": folder, "HALCYON_HOME": "\(folder)/home", "PATH": "/usr/bin:/bin", "HALCYON_SERVER": server]
    }

    /// Starts a program in the background; an earlier one of that name must have ended.
    @discardableResult
    func start(_ name: String, _ words: [String]) throws -> Running {
        let running = try Running(
            name, ["\(buildFolder)/halcyon"] + words, environment: environment, log: "\(folder)/\(name).log")
        started.withLock { $0.append(running) }
        current.withLock { $0[name] = running }
        return running
    }

    func running(_ name: String) throws -> Running {
        guard let running = current.withLock({ $0[name] }) else { throw Unmet("\(name) was not started") }
        return running
    }

    func startServer(_ more: [String] = []) async throws {
        let running = try start(
            "server",
            ["server", "--data", "\(folder)/server", "--listen", "\(Address.server):\(serverPort)"]
                + ["--flagd", "off", "--flagd-sync", "off"]
                + (setting.dev ? ["--dev"] : []) + setting.arguments + more)
        try await waitFor("the server to be ready") {
            if let code = running.exitCode { throw Unmet("the server ended with \(code)") }
            return try await answers()
        }
    }

    /// Whether the server says that it is ready.
    private func answers() async throws -> Bool {
        if setting.scheme == "https" { return log("server").contains("listening on") }
        return await get("/readyz").map { $0.status == 200 } ?? false
    }

    /// The arguments that start the agent of a host.
    func agentArguments(_ number: Int) -> [String] {
        [
            "agent", "--server", server, "--name", Lab.hostName(number), "--address", Address.host(number), "--label",
            "region=\(number % 2 == 0 ? "eu" : "us")", "--data", "\(folder)/\(Lab.hostName(number))", "--log-level",
            "info",
        ]
    }

    func startAgent(_ number: Int, _ more: [String] = []) throws {
        try start(Lab.hostName(number), agentArguments(number) + more)
    }

    func waitForHosts() async throws {
        try await waitFor("\(setting.hosts) hosts to connect") {
            try await hosts().filter { $0.contact == .connected }.count == setting.hosts
        }
    }

    /// Ends what was started: agents and server first, so that nobody starts a service again, then the services.
    private func end() {
        for running in started.withLock({ $0 }).reversed() { running.destroy() }
        for process in servicesRunning() { kill(process, SIGKILL) }
        removeGroups()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What agents that were killed could not give back.
    private func removeGroups() {
        struct Identity: Decodable { var agent: String }
        for number in 1...max(1, setting.hosts, 2) {
            let file = Data(read("\(folder)/\(Lab.hostName(number))/agent.json").utf8)
            guard let identity = try? JSONDecoder().decode(Identity.self, from: file) else { continue }
            for root in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
                let group = "\(root)/halcyon-\(identity.agent.prefix(12))"
                let instances = (try? FileManager.default.contentsOfDirectory(atPath: group)) ?? []
                for instance in instances where access("\(group)/\(instance)/cgroup.procs", F_OK) == 0 {
                    // A moment passes until the kernel has let go of what was killed.
                    for _ in 0..<200 where rmdir("\(group)/\(instance)") != 0 && errno == EBUSY { usleep(5000) }
                }
                rmdir(group)
            }
        }
    }

    /// The processes whose working folder is in this lab's: the instances that its agents started.
    func servicesRunning() -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { process in
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
            return place?.hasPrefix(folder + "/") ?? false
        }
    }

    private var logs: String {
        let names = Set(started.withLock { $0 }.map(\.name)).sorted()
        return names.map { "── \($0)\n" + log($0).suffix(4000) }.joined(separator: "\n")
    }

    // MARK: The command line

    struct Outcome: Sendable {
        var code: Int32
        var output: String
        var errors: String
        /// All that it said.
        var text: String { output + errors }
    }

    /// Runs a command of `halcyon` to its end.
    @discardableResult
    func halcyon(_ words: String..., with more: [String: String] = [:]) async throws -> Outcome {
        try await halcyon(words, with: more)
    }

    func halcyon(_ words: [String], with more: [String: String] = [:]) async throws -> Outcome {
        let number = runs.withLock { runs in
            runs += 1
            return runs
        }
        let (output, errors) = ("\(folder)/run-\(number).out", "\(folder)/run-\(number).err")
        let running = try Running(
            "halcyon \(words.joined(separator: " "))", ["\(buildFolder)/halcyon"] + words,
            environment: environment.merging(more) { $1 }, log: output, errors: errors)
        started.withLock { $0.append(running) }
        let code = try await running.finish()
        return Outcome(code: code, output: read(output), errors: read(errors))
    }

    /// Runs a command that must succeed.
    @discardableResult
    func must(_ words: String...) async throws -> String {
        let outcome = try await halcyon(words)
        guard outcome.code == 0 else {
            throw Unmet("halcyon \(words.joined(separator: " ")) ended with \(outcome.code): \(outcome.text)")
        }
        return outcome.output
    }

    // MARK: The API

    func use(token: String) { self.token.withLock { $0 = token } }

    /// A look at the API; `nil` when nobody answers.
    func get(
        _ path: String, token: String? = nil, method: String = "GET", body: String? = nil
    ) async -> (status: Int, body: [UInt8])? {
        var request = HTTPClientRequest(url: server + path)
        request.method = .init(rawValue: method)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        if let token = token ?? self.token.withLock({ $0 }) {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10)),
            let body = try? await response.body.collect(upTo: 16 << 20)
        else { return nil }
        return (Int(response.status.code), Array(body.readableBytesView))
    }

    /// Asks until it is answered: the server may be on its way up.
    func see<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        let body = try await eventually("an answer to GET \(path)") {
            let answer = await get(path)
            return answer?.status == 200 ? answer?.body : nil
        }
        return try JSONDecoder().decode(Answer.self, from: Data(body))
    }

    func hosts() async throws -> [HostView] {
        try await see("/v1/hosts", as: Listing<HostView>.self).items
    }

    func rollout(_ id: String) async throws -> RolloutView { try await see("/v1/rollouts/\(id)") }

    func history(_ id: String) async throws -> [HistoryEntry] {
        try await see("/v1/rollouts/\(id)/history?limit=1000", as: Listing<HistoryEntry>.self).items
    }
}

/// Lets only so many labs run at a time: they share two processors.
actor Bench {
    static let shared = Bench(places: 3)
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { free = places }

    nonisolated func use(_ body: () async throws -> Void) async throws {
        await enter()
        do {
            try await body()
        } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        if free > 0 { return free -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
