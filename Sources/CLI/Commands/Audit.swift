import ArgumentParser
import Wire

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show who changed what, newest first.",
        usage: "halcyon audit [<options>]",
        discussion: """
            EXAMPLES:
              halcyon audit
              halcyon audit --limit 500 -o json
              halcyon audit --before 1200
            """)

    @Option(help: ArgumentHelp("How many entries.", valueName: "count"))
    var limit = 100

    @Option(help: ArgumentHelp("Only entries with a smaller number, to page back.", valueName: "number"))
    var before: Int64?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let entries = try await connection.withClient { try await $0.audit(before: before, limit: limit) }
        try output.show(
            Presentation(Listing(entries)) { style in
                var table = Table(
                    [
                        .init("number", right: true), .init("time"), .init("by"), .init("action"),
                        .init("subject", flexible: true), .init("detail", flexible: true),
                    ], whenEmpty: "Nothing yet.")
                for entry in entries {
                    table.add(
                        "\(entry.sequence)", style.time(entry.at), entry.by, entry.action, entry.subject, entry.detail)
                }
                return table.lines(style)
            })
    }
}
