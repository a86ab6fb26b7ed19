import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A socket on a free loopback port, to be passed on; one that does not listen refuses whoever connects, for as long as this lives.
final class HeldSocket {
    let descriptor: Int32
    let port: Int

    init(listens: Bool = true) throws {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(made, generic, length) == 0 && (!listens || listen(made, 1024) == 0)
                    && getsockname(made, generic, &length) == 0
            }
        }
        try #require(bound)
        descriptor = made
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}

func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

/// One running storefront. Killed with the value if it still runs.
final class Instance {
    let process: pid_t
    let folder: String
    private let notifications: Int32
    private var exitCode: Int32?

    /// - Parameters:
    ///   - socket: the one to inherit; without one it takes a free port.
    ///   - probes: a private one, for the agent.
    init(_ behaviour: String, on socket: HeldSocket? = nil, probes: HeldSocket? = nil, options: [String] = []) throws {
        folder = "/tmp/storefront-tests-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(behaviour.utf8).write(to: URL(filePath: "\(folder)/behaviour.conf"))
        notifications = try Instance.notificationSocket("\(folder)/notify")

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/log", O_WRONLY | O_CREAT, 0o644)
        if let socket { posix_spawn_file_actions_adddup2(&actions, socket.descriptor, 3) }
        if let probes { posix_spawn_file_actions_adddup2(&actions, probes.descriptor, 4) }
        // The shell knows its process id, and exec keeps it.
        let script = #"LISTEN_PID=$$; export LISTEN_PID; exec "$0" "$@""#
        let listener = socket == nil ? ["--port", "0"] : []
        let arguments = [
            "/bin/sh", "-c", script, "\(buildFolder)/storefront", "--behaviour", "\(folder)/behaviour.conf",
        ]
        let environment =
            ["NOTIFY_SOCKET=\(folder)/notify"] + (socket == nil ? [] : ["LISTEN_FDS=1", "LISTEN_FDNAMES=http"])
            + (probes == nil ? [] : ["HALCYON_PROBE_FD=4"])
        var vector = (arguments + listener + options).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { (vector + variables).forEach { free($0) } }
        var process: pid_t = 0
        try #require(posix_spawn(&process, "/bin/sh", &actions, nil, &vector, &variables) == 0)
        self.process = process
    }

    deinit {
        if exitCode == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(notifications)
        try? FileManager.default.removeItem(atPath: folder)
    }

    var log: String {
        (try? Data(contentsOf: URL(filePath: "\(folder)/log"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The port of its own that it says it serves on.
    func port() async throws -> Int {
        try await eventually("it serves") {
            log.split(separator: "\n").lazy.filter { $0.contains("on 127.0.0.1:") }
                .compactMap { $0.split(separator: ":").last?.prefix { $0.isNumber } }.compactMap { Int($0) }.first
        }
    }

    /// The next notification, as soon as there is one.
    func notification() async throws -> String {
        try await eventually("it notifies") {
            var bytes = [UInt8](repeating: 0, count: 512)
            let count = recv(notifications, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
        }
    }

    func signal(_ number: Int32) { kill(process, number) }

    /// Its exit code, once it has ended; 128 and the signal's number if one ended it.
    func ended() async throws -> Int32 {
        if let exitCode { return exitCode }
        let code: Int32 = try await eventually("it ends") {
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == process else { return nil }
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        }
        exitCode = code
        return code
    }

    private static func notificationSocket(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        return descriptor
    }
}
