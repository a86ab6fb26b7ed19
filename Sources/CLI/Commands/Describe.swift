import ArgumentParser

struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show one thing with all that belongs to it.",
        usage: "halcyon describe <kind> <name> [<options>]",
        discussion: """
            Kinds: \(ResourceKind.list).

            EXAMPLES:
              halcyon describe service storefront
              halcyon describe host web-1
              halcyon describe version storefront/1.4.0
              halcyon describe rollout storefront
            """)

    @Argument(help: "The kind, in singular, plural or short.")
    var kind: String

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kind = try ResourceKind.named(kind)
        try await connection.withClient { try output.show(try await kind.describe($0, name)) }
    }
}
