import ArgumentParser

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete one thing.",
        usage: "halcyon delete <kind> <name> [<options>]",
        discussion: """
            Kinds: \(ResourceKind.list). A version is named SERVICE/VERSION. A rollout is never deleted.

            EXAMPLES:
              halcyon delete freeze year-end
              halcyon delete host web-9
              halcyon delete version storefront/1.3.0
            """)

    @Argument(help: "The kind, in singular, plural or short.")
    var kind: String

    @Argument(help: "The name.")
    var name: String

    @Flag(name: [.short, .long], help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kind = try ResourceKind.named(kind)
        if kind.name == "service", !yes { try confirm("Delete service \(name), and stop it on every host?") }
        if kind.name == "host", !yes { try confirm("Delete host \(name)? Its agent must join again.") }
        try await connection.withClient { try await kind.delete($0, name) }
        Console.current.print("\(kind.name)/\(name) deleted")
    }
}
