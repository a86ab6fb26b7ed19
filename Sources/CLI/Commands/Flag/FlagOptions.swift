import ArgumentParser
import FlagSpecs
import Wire

/// Which environment a command is about.
struct EnvironmentOption: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The environment.", valueName: "name"))
    var environment = "production"
}

/// What the commands that change one flag have in common.
struct FlagChangeOptions: ParsableArguments {
    @Argument(help: "The flag's key.")
    var key: String

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var reason: ReasonOptions

    @Option(
        help: ArgumentHelp(
            "The revision that you have seen; a flag changed since is refused, and what happened is shown.",
            valueName: "number"))
    var revision: Int64?

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @Flag(help: "Let another person decide, even where none is asked for.")
    var propose = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    var environment: String { place.environment }

    /// Makes the edits and shows what came of them.
    func perform(_ edits: [FlagEdit]) async throws {
        let answer = try await connection.withClient { client in
            var seen = revision
            // A whole document replaces whatever is there: not what somebody else writes at the same moment.
            if seen == nil, edits.contains(where: { $0.action == .put || $0.action == .targeting }) {
                seen = try await client.revision(ofFlag: key, environment: environment)
            }
            let request = FlagChangeRequest(
                edits: edits, revision: seen, reason: reason.reason, dryRun: dryRun, propose: propose)
            return try await client.change(flag: key, environment: environment, request)
        }
        try output.show(Presentation(answer) { answer.lines(key: key, $0) })
    }
}

extension FlagChangeAnswer {
    /// What became of the change, for people.
    func lines(key: String, _ style: TextStyle) -> [String] {
        let words: (String, Look)
        switch outcome {
        case .changed: words = ("changed", .good)
        case .unchanged: words = ("unchanged", .dim)
        case .deleted: words = ("deleted", .bad)
        case .proposed: words = ("waits for approval", .caution)
        }
        var headline = StyledText("flag/\(key) ") + StyledText(words.0, words.1)
        if let flag, outcome != .proposed { headline += StyledText(": \(flag.summary) (revision \(flag.revision))") }
        if let proposal, !dryRun { headline += StyledText(": halcyon flag approve \(proposal.id)") }
        var lines = [headline.text(colour: style.colour)]
        lines += diff.map { "  \(harmless($0))" }
        lines += warnings.map { StyledText("  warning: \($0)", .caution).text(colour: style.colour) }
        if dryRun { lines.append("This was a dry run: nothing was changed.") }
        return lines
    }
}
