import ArgumentParser
import Wire

struct FlagHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show who changed what and why, newest first.",
        usage: "halcyon flag history [<key>] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag history cart
              halcyon flag history -e staging --limit 20
              halcyon flag history cart -o json
            """)

    @Argument(help: "The flag; without one, everything in the environment.")
    var key: String?

    @Option(help: ArgumentHelp("How many changes.", valueName: "count"))
    var limit = 50

    @Option(help: ArgumentHelp("Only changes with a smaller revision, to page back.", valueName: "revision"))
    var before: Int64?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let events = try await connection.withClient {
            try await $0.flagHistory(environment: place.environment, flag: key, before: before, limit: limit)
        }
        try output.show(
            Presentation(Listing(events)) { style in
                if events.isEmpty { return ["Nothing yet."] }
                return events.flatMap { $0.lines(style) }
            })
    }
}

extension FlagEventView {
    fileprivate func lines(_ style: TextStyle) -> [String] {
        let person = approvedBy.map { "\(by), approved by \($0)" } ?? by
        let headline =
            StyledText("\(revision)  ", .dim) + StyledText("\(kind)/\(key) ") + StyledText(action, .bold)
            + StyledText("  \(style.time(at)) by \(person)", .dim)
        var lines = [headline.text(colour: style.colour)]
        if !reason.isEmpty { lines.append("    \(harmless(reason))") }
        return lines + diff.map { "    \(harmless($0))" }
    }
}
