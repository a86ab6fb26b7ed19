import ArgumentParser
import Values
import Wire

/// How the process ends: what it says last, and its exit code.
struct Ending: Equatable {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let wrongCall: Int32 = 2
    static let unreachable: Int32 = 3

    var code: Int32
    /// For the standard output, for example the help that was asked for.
    var output = ""
    /// For the standard error.
    var complaint = ""

    init(code: Int32, output: String = "", complaint: String = "") {
        self.code = code
        self.output = output
        self.complaint = complaint
    }

    init(of error: any Error, root: any ParsableCommand.Type) {
        switch error {
        case let problem as Problem:
            self.init(code: Ending.code(of: problem.kind), complaint: Ending.complaint(problem))
        case let failure as CommandFailure:
            self.init(code: failure.code, complaint: failure.message.isEmpty ? "" : "error: \(failure.message)")
        case is CancellationError:
            self.init(code: Ending.failed, complaint: "error: interrupted")
        default:
            self.init(parserError: error, root: root)
        }
    }

    /// The parser's own errors: help and version go to the standard output, wrong usage is a wrong call.
    private init(parserError error: any Error, root: any ParsableCommand.Type) {
        let code = root.exitCode(for: error)
        let message = root.fullMessage(for: error)
        switch code {
        case .success: self.init(code: Ending.done, output: message)
        case .validationFailure:
            let complaint = Ending.unknownCommand(message, root: root) ?? Ending.lowercasedLabel(message)
            self.init(code: Ending.wrongCall, complaint: complaint)
        default: self.init(code: code.rawValue, complaint: Ending.lowercasedLabel(message))
        }
    }

    /// Where a command was expected and another word came, the nearest command is named.
    private static func unknownCommand(_ message: String, root: any ParsableCommand.Type) -> String? {
        let lines = message.split(separator: "\n").map(String.init)
        guard lines.count > 1, lines[0].contains("nexpected argument"), lines[1].hasPrefix("Usage: "),
            lines[1].hasSuffix(" <subcommand>")
        else { return nil }
        let words = lines[0].split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        let place = lines[1].dropFirst("Usage: ".count).dropLast(" <subcommand>".count)
        var names = commands(of: root)
        for name in place.split(separator: " ").dropFirst() {
            guard let command = names[String(name)] else { return nil }
            names = commands(of: command)
        }
        guard words.count > 2, let near = nearest(to: words[1], among: names.keys.sorted()) else { return nil }
        return "error: there is no command '\(place) \(words[1])'\ndid you mean '\(place) \(near)'?"
    }

    private static func commands(of command: any ParsableCommand.Type) -> [String: any ParsableCommand.Type] {
        let configuration = command.configuration
        var names: [String: any ParsableCommand.Type] = [:]
        for command in configuration.subcommands { names[command.configuration.commandName ?? ""] = command }
        for group in configuration.groupedSubcommands {
            for command in group.subcommands { names[command.configuration.commandName ?? ""] = command }
        }
        return names
    }

    /// All our complaints begin with `error:`; the parser's begin with `Error:`.
    private static func lowercasedLabel(_ message: String) -> String {
        message.hasPrefix("Error: ") ? "error: " + message.dropFirst("Error: ".count) : message
    }

    private static func code(of kind: Problem.Kind) -> Int32 {
        switch kind {
        case .invalid, .unauthenticated, .forbidden, .notFound, .tooLarge: return wrongCall
        case .conflict, .refused, .unavailable, .internal: return failed
        }
    }

    /// Places stand alone on their lines, so that editors and CI find `file:line:column` at the start.
    private static func complaint(_ problem: Problem) -> String {
        let text = problem.description
        return problem.places.isEmpty ? "error: \(text)" : text
    }
}

/// What ends a command, with its exit code.
struct CommandFailure: Error, Equatable {
    var code: Int32
    /// Empty when everything was said already.
    var message: String

    /// The thing asked for failed.
    static func failed(_ message: String) -> CommandFailure { CommandFailure(code: Ending.failed, message: message) }

    /// The call, or a file that it names, is wrong.
    static func wrongCall(_ message: String) -> CommandFailure {
        CommandFailure(code: Ending.wrongCall, message: message)
    }

    static func unreachable(_ message: String) -> CommandFailure {
        CommandFailure(code: Ending.unreachable, message: message)
    }
}
