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
        let isText = output.output == .table
        let (explanation, traces) = try await connection.withClient { client in
            let explanation = try await client.explain(target.rollout)
            let traces = isText ? await client.evidence(of: explanation.rollout, until: Console.current.now()) : []
            return (explanation, traces)
        }
        try output.show(Presentation(explanation) { explanation.lines($0, traces: traces) })
    }
}
