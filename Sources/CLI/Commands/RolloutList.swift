import ArgumentParser
import Wire

struct RolloutListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List rollouts, newest first.",
        usage: "halcyon rollout list [<service>] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout list
              halcyon rollout list storefront --limit 5
              halcyon rollout list --active -o json
            """)

    @Argument(help: "Only of this service.")
    var service: String?

    @Flag(help: "Only those that are not at their end.")
    var active = false

    @Option(help: ArgumentHelp("How many.", valueName: "count"))
    var limit = 50

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let rollouts = try await connection.withClient {
            try await $0.rollouts(service: service, active: active, limit: limit)
        }
        try output.show(Presentation(Listing(rollouts)) { rolloutTable(rollouts, $0).lines($0) })
    }
}
