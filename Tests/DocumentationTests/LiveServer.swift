import Foundation

/// A server in `--dev` on a port of its own, in a temporary folder, for a page's commands.
final class LiveServer: Sendable {
    struct NotThere: Error {}

    static let buildFolder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    static let program = buildFolder.appending(path: "halcyon")

    private let folder: URL
    private let address: String
    private let process: Int32

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "halcyon-pages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "work"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: folder.appending(path: "bin"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "bin/halcyon"), withDestinationURL: LiveServer.program)
        let server = Process()
        server.executableURL = LiveServer.program
        server.arguments = [
            "server", "--dev", "--data", folder.appending(path: "server").path, "--listen", "127.0.0.1:0",
            "--flagd", "off", "--flagd-sync", "off",
        ]
        let log = folder.appending(path: "server.log")
        try Data().write(to: log)
        server.standardOutput = try FileHandle(forWritingTo: log)
        server.standardError = FileHandle.nullDevice
        try server.run()
        process = server.processIdentifier
        do {
            address = try await LiveServer.address(in: log)
        } catch {
            kill(process, SIGKILL)
            throw error
        }
    }

    /// The server says where it listens, once it does.
    private static func address(in log: URL) async throws -> String {
        for _ in 0..<600 {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if let match = text.firstMatch(of: /listening on (\S+)\n/) { return String(match.1) }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotThere()
    }

    /// A process that is started from one of Swift's threads has most signals blocked, and would never hear `timeout`.
    private static let unblock =
        "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"

    /// Runs a script in a folder of its own, at most two minutes.
    func play(_ script: String) async -> (code: Int32, output: String) {
        let begin = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
        return await run(
            "/usr/bin/env",
            ["python3", "-c", LiveServer.unblock, "timeout", "-k", "5", "120", "bash", "-c", begin + script])
    }

    /// Takes down the server; a page takes away the services that it made.
    func end() async {
        kill(process, SIGTERM)
        for _ in 0..<200 where kill(process, 0) == 0 { try? await Task.sleep(for: .milliseconds(50)) }
        kill(process, SIGKILL)
        endServices()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What a page that failed midway left running, agents and services: all of them work in the folder.
    private func endServices() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let number = Int32(name) else { continue }
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")
            if place?.hasPrefix(folder.path) == true { kill(number, SIGKILL) }
        }
    }

    private func run(_ program: String, _ arguments: [String]) async -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder.appending(path: "work")
        let inherited = ProcessInfo.processInfo.environment
        process.environment = inherited.merging([
            "HALCYON_SERVER": address, "HALCYON_HOME": folder.path, "HOME": folder.path,
            "PATH": "\(folder.path)/bin:\(inherited["PATH"] ?? "/usr/bin:/bin")",
        ]) { $1 }
        // A file rather than a pipe: what stays behind in the background would hold the pipe open.
        let log = folder.appending(path: "output.log")
        try? Data().write(to: log)
        process.standardOutput = try? FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        return await withCheckedContinuation { continuation in
            process.terminationHandler = { ended in
                let output = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                continuation.resume(returning: (ended.terminationStatus, output))
            }
            do { try process.run() } catch { continuation.resume(returning: (127, "\(error)")) }
        }
    }
}
