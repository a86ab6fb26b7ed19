import Glibc
import Values

struct TerminalSize: Equatable, Sendable {
    var columns: Int
    var rows: Int
}

/// Where a command reads and writes. Tests put their own in place with `$current`.
struct Console: Sendable {
    /// The console of the running command.
    @TaskLocal static var current = Console.process

    var environment: [String: String]
    var inputIsTerminal: Bool
    var outputIsTerminal: Bool
    var errorIsTerminal: Bool
    /// The size of the terminal, asked anew each time; `nil` when it is none.
    var size: @Sendable () -> TerminalSize?
    /// Writes text as it is.
    var write: @Sendable (_ text: String) -> Void
    var writeError: @Sendable (_ text: String) -> Void
    /// One line a person types, or `nil` at the end of the input.
    var readLine: @Sendable () -> String?
    /// The whole standard input.
    var readAll: @Sendable () throws -> String
    var now: @Sendable () -> Timestamp
    /// How far local time is ahead of UTC at a moment, in seconds.
    var zoneOffset: @Sendable (Timestamp) -> Int

    /// Writes a text and a line feed to the standard output.
    func print(_ text: String) {
        write(text.hasSuffix("\n") ? text : text + "\n")
    }

    /// Writes a text and a line feed to the standard error.
    func complain(_ text: String) {
        writeError(text.hasSuffix("\n") ? text : text + "\n")
    }
}

extension Console {
    /// The process's own standard streams.
    static let process = Console(
        environment: processEnvironment(), inputIsTerminal: isatty(STDIN_FILENO) == 1,
        outputIsTerminal: isatty(STDOUT_FILENO) == 1, errorIsTerminal: isatty(STDERR_FILENO) == 1,
        size: terminalSize, write: { writeWhole($0, to: STDOUT_FILENO) },
        writeError: { writeWhole($0, to: STDERR_FILENO) }, readLine: { Swift.readLine(strippingNewline: true) },
        readAll: { try String(decoding: FileBytes(descriptor: STDIN_FILENO, name: "-").whole(), as: UTF8.self) },
        now: currentTime, zoneOffset: localOffset)
}

private func processEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
        entry += 1
    }
    return result
}

@Sendable private func terminalSize() -> TerminalSize? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: size.ws_row > 0 ? Int(size.ws_row) : 24)
}

@Sendable private func currentTime() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}

@Sendable private func localOffset(at time: Timestamp) -> Int {
    var seconds = time_t(time.milliseconds / 1000)
    var local = tm()
    return localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff
}

/// Writes everything, however many calls it takes.
private func writeWhole(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == EPIPE {
                // The reader (`head`, a pager) has seen enough; that is no failure.
                exitProcess(Ending.done)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 1000)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// Ends the process at once.
func exitProcess(_ code: Int32) -> Never {
    Glibc.exit(code)
}
