import ArgumentParser
import Wire

struct RolloutExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Print why each decision of a rollout was taken, with its evidence.",
        usage: "halcyon rollout explain <rollout> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout explain storefront
              halcyon rollout explain storefront-3 -o json
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let explanation = try await connection.withClient { try await $0.explain(target.rollout) }
        try output.show(Presentation(explanation) { explanation.lines($0) })
    }
}
