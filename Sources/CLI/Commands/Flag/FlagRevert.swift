import ArgumentParser
import Wire

struct FlagRevertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert",
        abstract: "Return a flag to what it was before its last change, or at a revision.",
        usage: "halcyon flag revert <key> [--to <revision>] [<options>]",
        discussion: """
            A revert is a change like any other: it stands in the history, and can be reverted. A deleted flag comes back.

            EXAMPLES:
              halcyon flag revert cart --reason "customers see errors"
              halcyon flag revert cart --to 12
              halcyon flag revert cart --dry-run
            """)

    @Argument(help: "The flag's key.")
    var key: String

    @Option(help: ArgumentHelp("The revision, as `halcyon flag history` lists them.", valueName: "revision"))
    var to: Int64?

    @Option(
        help: ArgumentHelp("The revision that you have seen; a flag changed since is refused.", valueName: "number"))
    var revision: Int64?

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = FlagRevertRequest(to: to, revision: revision, reason: reason.reason, dryRun: dryRun)
        let answer = try await connection.withClient {
            try await $0.revert(flag: key, environment: place.environment, request)
        }
        try output.show(Presentation(answer) { answer.lines(key: key, $0) })
    }
}
