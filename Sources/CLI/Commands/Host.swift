import ArgumentParser

struct HostCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Act on hosts.",
        discussion: """
            EXAMPLES:
              halcyon host revoke web-9
              halcyon host admit web-9
            """,
        subcommands: [HostRevokeCommand.self, HostAdmitCommand.self])
}

struct HostRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Shut a host's agent out until the host is admitted again.",
        usage: "halcyon host revoke <host> [<options>]",
        discussion: """
            What runs on the host goes on running. No join token lets an agent of that name in before `halcyon host admit`.

            EXAMPLES:
              halcyon host revoke web-9
            """)

    @Argument(help: "The host.")
    var host: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { try await $0.revoke(host: host) }
        Console.current.print("host/\(host) revoked: to let it join again, run: halcyon host admit \(host)")
    }
}

struct HostAdmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit",
        abstract: "Let an agent join by the name of a revoked host again.",
        usage: "halcyon host admit <host> [<options>]",
        discussion: """
            Its agent joins with a join token: start it with one if it has none, or if that has expired.

            EXAMPLES:
              halcyon host admit web-9
            """)

    @Argument(help: "The host.")
    var host: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { try await $0.admit(host: host) }
        Console.current.print("host/\(host) admitted: its agent may join with a join token")
    }
}
