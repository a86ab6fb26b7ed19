import ArgumentParser

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List things of a kind, or show one.",
        usage: "halcyon get <kind> [<name>] [<options>]",
        discussion: """
            Kinds: \(ResourceKind.list).

            EXAMPLES:
              halcyon get services
              halcyon get host web-1
              halcyon get version storefront
              halcyon get service storefront -o yaml > storefront.yaml
              halcyon get rollouts -o json
            """)

    @Argument(help: "The kind, in singular, plural or short.")
    var kind: String

    @Argument(help: "The name; without one, all are listed.")
    var name: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kind = try ResourceKind.named(kind)
        try await connection.withClient { try output.show(try await kind.get($0, name)) }
    }
}
