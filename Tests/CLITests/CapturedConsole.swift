import ArgumentParser
import Synchronization
import Values

@testable import CLI

/// The whole program, as a person types it, with everything that it writes.
struct ProgramRun {
    var code: Int32
    var output: String
    var complaint: String
}

struct TestProgram: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "halcyon", abstract: "Ships changes to fleets of servers.",
            subcommands: CommandLineTool.commands)
    }
}

private final class Captured: Sendable {
    let output = Mutex("")
    let complaint = Mutex("")
}

/// Noon of a day that never changes.
let noon = Timestamp(milliseconds: 1_795_521_600_000)

/// Runs one command line against nothing but what is given.
func runProgram(
    _ arguments: [String], environment: [String: String] = [:], input: String = "", terminal: TerminalSize? = nil,
    answers: [String] = []
) async -> ProgramRun {
    let captured = Captured()
    let remaining = Mutexed(answers)
    var environment = environment
    environment["LANG"] = environment["LANG"] ?? "C.UTF-8"
    let console = Console(
        environment: environment, inputIsTerminal: terminal != nil, outputIsTerminal: terminal != nil,
        errorIsTerminal: terminal != nil, size: { terminal },
        write: { text in captured.output.withLock { $0 += text } },
        writeError: { text in captured.complaint.withLock { $0 += text } },
        readLine: { remaining.value.withLock { $0.isEmpty ? nil : $0.removeFirst() } }, readAll: { input },
        now: { noon }, zoneOffset: { _ in 0 })
    let code = await Console.$current.withValue(console) {
        await CommandLineTool.run(TestProgram.self, arguments: arguments)
    }
    return ProgramRun(
        code: code, output: captured.output.withLock { $0 }, complaint: captured.complaint.withLock { $0 })
}

/// A value that several tasks may change.
final class Mutexed<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }
}
