import ArgumentParser
import Wire

struct FlagHoldoutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdouts",
        abstract: "List holdouts, and which flags leave them out.",
        usage: "halcyon flag holdouts [<options>]",
        discussion: """
            The keys of a holdout get the default of every flag that names it, so that they can be compared with all others. \
            A holdout is made by applying a document of the kind Holdout; --delete takes one away that no flag names.

            EXAMPLES:
              halcyon flag holdouts
              halcyon flag holdouts --delete winter
            """)

    @Option(help: ArgumentHelp("Delete this holdout.", valueName: "name"))
    var delete: String?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if let delete {
            let path = Path("environments", place.environment, "holdouts", delete)
            return try await connection.delete("holdout", delete, at: path)
        }
        let holdouts = try await connection.withClient { try await $0.holdouts(environment: place.environment) }
        try output.show(
            Presentation(Listing(holdouts)) { style in
                var table = Table(
                    [
                        .init("name"), .init("share", right: true), .init("by"), .init("used by", flexible: true),
                        .init("description", flexible: true),
                    ], whenEmpty: "No holdouts.")
                for holdout in holdouts {
                    table.add(
                        holdout.name, "\(holdout.share)", holdout.bucketBy, holdout.usedBy.joined(separator: ", "),
                        holdout.description)
                }
                return table.lines(style)
            })
    }
}
