import FoundationEssentials
import Glibc
import Logging
import Values
import Wire

/// Where things are kept unless somebody says otherwise.
enum Defaults {
    static func dataFolder(_ part: String) -> String {
        if getuid() == 0 { return part == "server" ? "/var/lib/halcyon" : "/var/lib/halcyon-agent" }
        let home = getenv("HOME").map { String(cString: $0) } ?? "."
        return "\(home)/.local/share/halcyon/\(part)"
    }
}

/// Lets the process open as many files, and so hold as many connections, as the system allows it.
func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// A line on the standard output, at once.
func say(_ line: String) {
    print(line)
    // Everything that is open, because `stdout` itself is a mutable global to the compiler.
    fflush(nil)
}

func makeLogger(label: String, level: String) throws -> Logger {
    guard let level = Logger.Level(rawValue: level) else {
        let near = nearest(to: level, among: Logger.Level.allCases.map(\.rawValue)) ?? "notice"
        throw Problem(.invalid, "there is no log level '\(level)'; did you mean \(near)?")
    }
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: label)
    logger.logLevel = level
    return logger
}

/// The path from the root: instances run in folders of their own, where a relative one leads nowhere.
func absolutePath(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
}

/// Makes a folder that only its owner may enter.
func makePrivateFolder(_ path: String) throws(Problem) {
    do {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
        throw Problem(
            .invalid, "the folder \(path) cannot be made: \(error)",
            hint: "choose another with --data")
    }
}

/// `HOST:PORT`, or `[V6]:PORT`.
struct ListenAddress {
    var host: String
    var port: Int

    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else {
            throw Problem(.invalid, "'\(text)' is not an address to listen on; write it as 127.0.0.1:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = port
    }

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// How programs on this machine reach it.
    var forClients: String {
        if host == "0.0.0.0" || host == "::" { return "127.0.0.1" }
        return host.contains(":") ? "[\(host)]" : host
    }
}

/// Writes a file that only its owner may read; it never exists with another mode, not even for a moment.
func writeSecret(_ text: String, to path: String) throws(Problem) {
    let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw Problem(.unavailable, "\(path) cannot be written") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard fchmod(descriptor, 0o600) == 0, write(descriptor, bytes, bytes.count) == bytes.count,
        fsync(descriptor) == 0, rename(path + ".new", path) == 0
    else { throw Problem(.unavailable, "\(path) cannot be written") }
}

/// What the command line on the same machine finds the server by.
struct ClientFile: Codable {
    var server: String
    var token: String

    /// Where the command line looks.
    static var path: String {
        if let folder = getenv("HALCYON_HOME") { return "\(String(cString: folder))/client.json" }
        if getuid() == 0 { return "/var/lib/halcyon/client.json" }
        return "\(getenv("HOME").map { String(cString: $0) } ?? ".")/.config/halcyon/server.json"
    }

    /// The one that is there; `nil` when there is none, or it cannot be read.
    static func read() -> ClientFile? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return try? JSONDecoder().decode(ClientFile.self, from: data)
    }

    func write() throws(Problem) {
        let path = ClientFile.path
        try makePrivateFolder(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)))
        let server = server.replacing("\\", with: "").replacing("\"", with: "")
        try writeSecret("{\"server\": \"\(server)\", \"token\": \"\(token)\"}\n", to: path)
    }
}
