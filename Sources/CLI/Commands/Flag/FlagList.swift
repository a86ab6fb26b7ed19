import ArgumentParser
import Wire

struct FlagListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List flags.",
        usage: "halcyon flag list [<search>] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag list
              halcyon flag list checkout -e staging
              halcyon flag list --tag experiment -o json
              halcyon flag list --limit 100 --after new-checkout
            """)

    @Argument(help: "A part of the key, the description, the owner or a tag.")
    var search: String?

    @Option(help: ArgumentHelp("Only flags with this tag.", valueName: "tag"))
    var tag: String?

    @Option(help: ArgumentHelp("Only this owner's flags.", valueName: "name"))
    var owner: String?

    @Flag(help: "Archived flags too.")
    var archived = false

    @Option(help: ArgumentHelp("At most so many, in the order of their keys.", valueName: "count"))
    var limit: Int?

    @Option(help: ArgumentHelp("Only flags that come after this one.", valueName: "key"))
    var after: String?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
        let query = FlagQuery(
            search: search, tag: tag, owner: owner, archived: archived, limit: limit, after: after,
            brief: output.output == .table)
        let flags = try await connection.withClient {
            try await $0.flags(environment: place.environment, query)
        }
        try output.show(Presentation(Listing(flags)) { flagTable(flags, $0).lines($0) })
    }
}

private func flagTable(_ flags: [FlagView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("key"), .init("state"), .init("kind"), .init("serves", flexible: true), .init("owner"),
            .init("revision", right: true), .init("changed"), .init("by"),
        ], whenEmpty: "No flags.")
    for flag in flags {
        let state = flag.archived ? "archived" : flag.state == "ENABLED" ? "on" : "off"
        table.add([
            StyledText(flag.key), StyledText(state, state == "on" ? .good : .dim), StyledText(flag.kind),
            StyledText(flag.summary), StyledText(flag.owner), StyledText("\(flag.revision)"),
            StyledText(style.time(flag.updatedAt)), StyledText(flag.updatedBy),
        ])
    }
    return table
}
