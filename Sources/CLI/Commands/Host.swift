import ArgumentParser

struct HostCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Act on hosts.",
        discussion: """
            EXAMPLES:
              halcyon host revoke web-9
            """,
        subcommands: [HostRevokeCommand.self])
}

struct HostRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Make the credential of a host's agent worthless; it must join again.",
        usage: "halcyon host revoke <host> [<options>]",
        discussion: """
            What runs on the host goes on running. Start its agent again with a join token to bring it back.

            EXAMPLES:
              halcyon host revoke web-9
            """)

    @Argument(help: "The host.")
    var host: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { try await $0.revoke(host: host) }
        Console.current.print("host/\(host) revoked: its agent needs a join token to come back")
    }
}
