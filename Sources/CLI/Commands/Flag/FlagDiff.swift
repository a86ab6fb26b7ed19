import ArgumentParser
import Documents
import FlagSpecs
import Wire

struct FlagDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between environments, or between two revisions of a flag.",
        usage: "halcyon flag diff [<key>] (--with <name> | --since <number>) [<options>]",
        discussion: """
            Ends with 1 when something differs.

            EXAMPLES:
              halcyon flag diff --with staging        what a copy from staging would change
              halcyon flag diff cart --with staging
              halcyon flag diff cart --since 12       what changed since revision 12
            """)

    @Argument(help: "The flag; without one, all.")
    var key: String?

    @Option(help: ArgumentHelp("The environment to compare with.", valueName: "name"))
    var with: String?

    @Option(help: ArgumentHelp("The revision to compare with.", valueName: "revision"))
    var since: Int64?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if (with == nil) == (since == nil) { throw ValidationError("Give --with or --since.") }
        if since != nil, key == nil { throw ValidationError("--since needs the flag's key.") }
    }

    func run() async throws {
        let answer = try await connection.withClient { client in
            if let with {
                let request = FlagCopyRequest(from: with, keys: key.map { [$0] } ?? [], dryRun: true)
                return try await client.copyFlags(to: place.environment, request)
            }
            return try await difference(client, key ?? "", since ?? 0)
        }
        try output.show(
            Presentation(answer) { style in answer.items.isEmpty ? ["No difference."] : answer.itemLines(style) })
        if !answer.items.isEmpty { throw ExitCode(1) }
    }

    private func difference(_ client: APIClient, _ key: String, _ since: Int64) async throws -> FlagTransferAnswer {
        let flag = try await client.flag(key, environment: place.environment)
        let events = try await client.flagHistory(environment: place.environment, flag: key, before: nil, limit: 1000)
        guard let then = events.first(where: { $0.revision == since }) else {
            throw Problem(
                .notFound, "the flag \(key) never had revision \(since)", hint: "halcyon flag history \(key) lists them"
            )
        }
        let old = JSONParser.parse(Array((then.document ?? "{}").utf8), file: key).node ?? Node(.mapping([]))
        let new = JSONParser.parse(Array(flag.document.utf8), file: key).node ?? Node(.mapping([]))
        let lines = ManagedFlag(key: key, node: new).differences(from: ManagedFlag(key: key, node: old))
        let item = FlagTransferAnswer.Item(kind: "flag", name: key, outcome: .changed, changes: lines)
        return FlagTransferAnswer(dryRun: true, items: lines.isEmpty ? [] : [item])
    }
}

extension FlagTransferAnswer {
    func itemLines(_ style: TextStyle) -> [String] {
        items.flatMap { item in
            let headline =
                StyledText("\(item.kind)/\(item.name) ")
                + StyledText(item.outcome.rawValue, item.outcome == .deleted ? .bad : .good)
            return [headline.text(colour: style.colour)] + item.changes.map { "  \(harmless($0))" }
        }
    }

    /// What was done, and what could not be.
    func lines(_ style: TextStyle) -> [String] {
        var lines = itemLines(style)
        if items.isEmpty { lines.append("Nothing to change.") }
        for note in notes { lines.append(StyledText("note: \(note)", .caution).text(colour: style.colour)) }
        for proposal in proposals where !dryRun {
            lines.append("\(proposal.key) waits for approval: halcyon flag approve \(proposal.id)")
        }
        if dryRun { lines.append("This was a dry run: nothing was changed.") }
        return lines
    }
}
