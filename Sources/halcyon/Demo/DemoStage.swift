import AsyncHTTPClient
import Foundation
import Glibc
import LoadGenerator
import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// The processes, files and addresses of the demo.
final class DemoStage: Sendable {
    static let hosts: [(name: String, region: String, address: String)] = (1...12).map { number in
        let region = ["eu", "us", "ap"][(number - 1) / 4]
        return ("\(region)-\((number - 1) % 4 + 1)", region, "127.0.1.\(number)")
    }

    let folder: String
    let server: String
    let program: String
    let storefront: String
    private let children = Mutex<[Process]>([])

    init(port: Int, storefront: String?) throws {
        program = try DemoStage.ownPath()
        let beside = URL(filePath: program).deletingLastPathComponent().appending(path: "storefront").path
        self.storefront = storefront ?? beside
        guard FileManager.default.isExecutableFile(atPath: self.storefront) else {
            throw Problem(
                .invalid, "there is no storefront at \(self.storefront)",
                hint: "build it first: swift build --product storefront")
        }
        try DemoStage.checkFree("127.0.0.1", port)
        for host in DemoStage.hosts { try DemoStage.checkFree(host.address, 8000) }
        server = "http://127.0.0.1:\(port)"
        folder = FileManager.default.temporaryDirectory.appending(path: "halcyon-demo-\(getpid())").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private static func ownPath() throws -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw Problem(.unavailable, "the program's own path cannot be found: is /proc mounted?")
        }
    }

    private static func checkFree(_ address: String, _ port: Int) throws {
        guard HeldPort(address, port) != nil else {
            let hint = port == 8000 ? "end what listens there (an earlier demo?)" : "choose another with --port"
            throw Problem(.unavailable, "the port \(address):\(port) is in use", hint: hint)
        }
    }

    // MARK: Processes

    /// Starts a program of the fleet in the background; its output goes to a file in the demo's folder.
    func start(_ name: String, _ arguments: [String]) throws {
        let process = makeProcess(program, arguments)
        let log = "\(folder)/\(name).log"
        guard FileManager.default.createFile(atPath: log, contents: nil), let handle = FileHandle(forWritingAtPath: log)
        else { throw Problem(.unavailable, "\(log) cannot be written") }
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try run(process)
        children.withLock { $0.append(process) }
    }

    /// Runs a program to its end and returns its exit code; with `shown` it uses the terminal.
    ///
    /// - Parameter within: so long after its start it is killed.
    func perform(
        _ executable: String? = nil, _ arguments: [String], shown: Bool = false, within: Duration = .seconds(600)
    ) async throws -> (code: Int32, output: Data) {
        let process = makeProcess(executable ?? program, arguments)
        let pipe = Pipe()
        if !shown {
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
        }
        return try await withTaskCancellationHandler {
            try run(process)
            let guardian = Task {
                try await Task.sleep(for: within)
                DemoStage.kill(process)
            }
            defer { guardian.cancel() }
            return await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    let output = shown ? Data() : (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
                    process.waitUntilExit()
                    continuation.resume(returning: (process.terminationStatus, output))
                }
            }
        } onCancel: {
            if process.isRunning { process.terminate() }
        }
    }

    private func makeProcess(_ executable: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["HALCYON_SERVER": server]) { $1 }
        return process
    }

    private func run(_ process: Process) throws {
        do {
            try process.run()
        } catch {
            throw Problem(.unavailable, "\(process.executableURL?.path ?? "a program") cannot be started: \(error)")
        }
    }

    /// Ends everything that was started: the services first, which would outlive their agents, then agents and server.
    /// However they behave, it takes little more than half a minute.
    func clear() async {
        let deadline = ContinuousClock.now + .seconds(30)
        _ = try? await perform(nil, ["rollout", "abort", "storefront", "--yes"], within: .seconds(5))
        while ContinuousClock.now < deadline {
            let outcome = try? await perform(nil, ["delete", "service", "storefront"], within: .seconds(5))
            if outcome?.code == 0 { break }
            try? await Task.sleep(for: .milliseconds(200))
        }
        while ContinuousClock.now < deadline, await servicesRun() {
            try? await Task.sleep(for: .milliseconds(200))
        }
        let running = children.withLock { $0 }.filter(\.isRunning)
        for process in running { process.terminate() }
        let patience = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < patience, running.contains(where: \.isRunning) {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for process in running { DemoStage.kill(process) }
        killInstances()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends services that a slow machine left running: whatever runs out of the demo's own folder.
    private func killInstances() {
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let number = Int32(entry), number > 1,
                let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/exe"),
                path.hasPrefix(folder + "/")
            else { continue }
            Glibc.kill(number, SIGKILL)
        }
    }

    private static func kill(_ process: Process) {
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    private func servicesRun() async -> Bool {
        guard let hosts: Listing<HostView> = try? await get("/v1/hosts") else { return false }
        return hosts.items.contains { $0.services.contains { !$0.instances.isEmpty } }
    }

    /// A look at the API.
    func get<Answer: Decodable>(_ path: String) async throws -> Answer {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: server + path), timeout: .seconds(5))
        guard response.status == .ok else { throw Problem(.unavailable, "GET \(path) answers \(response.status)") }
        let body = try await response.body.collect(upTo: 16 << 20)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
        } catch {
            throw Problem(.internal, "the answer to GET \(path) cannot be read: \(error)")
        }
    }
}
