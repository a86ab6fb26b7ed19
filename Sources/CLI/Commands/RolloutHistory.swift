import ArgumentParser
import Rollouts
import Values
import Wire

struct RolloutHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Print every event of a rollout, oldest first.",
        usage: "halcyon rollout history <rollout> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout history storefront
              halcyon rollout history storefront-3 -o json
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let entries = try await connection.withClient { client in
            try await client.history(try await client.rollout(target.rollout).id)
        }
        try output.show(
            Presentation(Listing(entries)) { style in
                var table = Table(
                    [.init("number", right: true), .init("time"), .init("by"), .init("what", flexible: true)],
                    whenEmpty: "Nothing yet.")
                for entry in entries {
                    // Here the exact time matters more than how long ago it was.
                    let time = style.isTerminal ? style.clock(entry.event.at) : entry.event.at.description
                    table.add("\(entry.event.sequence)", time, entry.event.by, entry.sentence)
                }
                return table.lines(style)
            })
    }
}
