import ArgumentParser
import Wire

struct FlagCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Bring flags from one environment to another, with the segments that they use.",
        usage: "halcyon flag copy [<key>…] --from <name> [--to <name>] [<options>]",
        discussion: """
            Schedules and ramps stay behind. Look first with --dry-run.

            EXAMPLES:
              halcyon flag copy cart --from staging --dry-run
              halcyon flag copy cart --from staging --to production --reason "tested"
              halcyon flag copy --from production --to staging
            """)

    @Argument(help: "The flags; without any, all.")
    var keys: [String] = []

    @Option(help: ArgumentHelp("Where they are.", valueName: "environment"))
    var from: String

    @Option(help: ArgumentHelp("Where they should be.", valueName: "environment"))
    var to = "production"

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = FlagCopyRequest(from: from, keys: keys, reason: reason.reason, dryRun: dryRun)
        let answer = try await connection.withClient { try await $0.copyFlags(to: to, request) }
        try output.show(Presentation(answer) { answer.lines($0) })
    }
}

struct FlagImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take flags from an export of flagd, Unleash or LaunchDarkly.",
        usage: "halcyon flag import <file> [--format <format>] [<options>]",
        discussion: """
            What cannot be carried over is listed. Look first with --dry-run.

            EXAMPLES:
              halcyon flag import flags.flagd.json
              halcyon flag import unleash.json --format unleash --dry-run
              halcyon flag import flags.json --format launchdarkly -e staging
            """)

    @Argument(help: "The export, or - for the standard input.", completion: .file(extensions: ["json", "yaml", "yml"]))
    var file: String

    @Option(help: ArgumentHelp("flagd, unleash or launchdarkly.", valueName: "format"))
    var format: FlagImportRequest.Format = .flagd

    @Option(help: ArgumentHelp("The other system's environment (default: the nearest name).", valueName: "name"))
    var foreignEnvironment: String?

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let text = file == "-" ? try Console.current.readAll() : try FileBytes.text(file)
        let request = FlagImportRequest(
            format: format, name: file == "-" ? "import.json" : file, text: text,
            foreignEnvironment: foreignEnvironment, reason: reason.reason, dryRun: dryRun)
        let answer = try await connection.withClient {
            try await $0.importFlags(environment: place.environment, request)
        }
        try output.show(Presentation(answer) { answer.lines($0) })
    }
}

struct FlagExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all flags of an environment as one flag file.",
        usage: "halcyon flag export [--plain] [<options>]",
        discussion: """
            Without --plain the file has everything that `halcyon apply` takes back; with it, what any flagd reads.

            EXAMPLES:
              halcyon flag export > flags.json
              halcyon flag export -e staging --plain > flags.flagd.json
            """)

    @Flag(help: "Only what flagd knows: segments, ramps and prerequisites become targeting.")
    var plain = false

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let text = try await connection.withClient {
            try await $0.exportFlags(environment: place.environment, plain: plain)
        }
        Console.current.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
}
