import FoundationEssentials
import Glibc
import Synchronization
import TestSupport

/// A process that a test started. Its output goes to a file.
final class Running: Sendable {
    let name: String
    let process: pid_t
    private let ended = Mutex<Int32?>(nil)

    /// - Parameter log: where the output goes, appended.
    init(_ name: String, _ words: [String], environment: [String: String], log: String, errors: String? = nil) throws {
        self.name = name
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors ?? log, flags, 0o600)
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { throw Unmet("\(words[0]) cannot be started: \(String(cString: strerror(code)))") }
        self.process = process
    }

    /// Its exit code, or 128 and the number of the signal that ended it; `nil` while it runs.
    var exitCode: Int32? {
        ended.withLock { ended in
            var status: Int32 = 0
            guard ended == nil, waitpid(process, &status, WNOHANG) == process else { return ended }
            ended = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
            return ended
        }
    }

    func signal(_ number: Int32) {
        ended.withLock { if $0 == nil { kill(process, number) } }
    }

    /// Waits until it has ended.
    func finish(within limit: Duration = .seconds(90)) async throws -> Int32 {
        try await eventually("\(name) (process \(process)) to end", within: limit) { exitCode }
    }

    /// Tells it to end, and waits until it has.
    func end(_ number: Int32 = SIGTERM) async throws {
        signal(number)
        _ = try await finish()
    }

    /// Ends it at once.
    func destroy() {
        ended.withLock { ended in
            guard ended == nil else { return }
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            ended = 128 + SIGKILL
        }
    }
}

func read(_ path: String) -> String {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
}

func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
}
