import ArgumentParser
import Values
import Wire

struct TokenCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke tokens.",
        discussion: """
            EXAMPLES:
              halcyon token create ci --role operator --expires 90d
              halcyon token create new-hosts --role join --expires 1h
              halcyon token list
              halcyon token revoke ci
            """,
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a token; its secret is shown this once.",
        usage: "halcyon token create <name> --role <role> [<options>]",
        discussion: """
            Roles: viewer may look; operator may also apply, deploy and steer rollouts; admin may do everything; join lets \
            agents join and nothing else; sdk lets an application evaluate the flags of one environment; metrics lets a program bring metrics in and nothing else. The secret goes to the standard output, everything else to the standard error.

            EXAMPLES:
              halcyon token create ci --role operator --expires 90d
              halcyon token create new-hosts --role join --expires 1h > join.token
              halcyon token create shop --role sdk --environment production > sdk.token
              halcyon token create collector --role metrics > metrics.token
            """)

    @Argument(help: "The token's name; it stands in the history and the audit trail.")
    var name: String

    @Option(help: ArgumentHelp("What its holder may do.", valueName: "role"))
    var role: Role

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "For the role sdk: the environment whose flags it opens (default: production).", valueName: "name"))
    var environment: String?

    @Option(help: ArgumentHelp("How long it is valid, for example 90d (default: for ever).", valueName: "duration"))
    var expires: Period?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if role == .agent { throw ValidationError("An agent's token comes from joining; create one with --role join.") }
    }

    func run() async throws {
        let request = TokenRequest(name: name, role: role, lifetime: expires, environment: environment)
        let grant = try await connection.withClient { try await $0.createToken(request) }
        if output.output == .table {
            let end = grant.token.expiresAt.map { ", valid until \($0)" } ?? ""
            Console.current.complain("Token \(name) (\(grant.token.role.rawValue)\(end)). It is not shown again:")
        }
        try output.show(Presentation(grant) { _ in [grant.secret] })
    }
}

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tokens, never their secrets.",
        usage: "halcyon token list [<options>]",
        discussion: """
            EXAMPLES:
              halcyon token list
              halcyon token list -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let tokens = try await connection.withClient { try await $0.tokens() }
        try output.show(Presentation(Listing(tokens)) { tokenTable(tokens, $0).lines($0) })
    }
}

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Make a token worthless at once.",
        usage: "halcyon token revoke <name> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon token revoke ci
            """)

    @Argument(help: "The token's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { try await $0.delete(Path("tokens", name)) }
        Console.current.print("token/\(name) revoked")
    }
}
