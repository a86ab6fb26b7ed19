import ArgumentParser
import Values
import Wire

struct FlagStaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stale",
        abstract: "List flags that have probably done their work.",
        usage: "halcyon flag stale [<options>]",
        discussion: """
            A flag is stale when it has expired, when it gave everybody the same variant for a while, or when nobody asked for \
            it, by the evaluations that this server saw and that SDKs reported.

            EXAMPLES:
              halcyon flag stale
              halcyon flag stale --unchanged 90d -e staging
            """)

    @Option(help: ArgumentHelp("For how long nothing happened.", valueName: "duration"))
    var unchanged: Period = .hours(30 * 24)

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let flags = try await connection.withClient {
            try await $0.staleFlags(environment: place.environment, unchanged: unchanged)
        }
        try output.show(
            Presentation(Listing(flags)) { style in
                var table = Table(
                    [.init("key"), .init("owner"), .init("why", flexible: true), .init("changed"), .init("evaluated")],
                    whenEmpty: "No stale flags.")
                for flag in flags {
                    table.add(
                        flag.key, flag.owner, flag.reasons.joined(separator: "; "), style.time(flag.updatedAt),
                        flag.lastEvaluatedAt.map { style.time($0) } ?? "never")
                }
                return table.lines(style)
            })
    }
}

struct FlagUsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show how often flags were evaluated, by variant.",
        usage: "halcyon flag usage [<key>] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag usage
              halcyon flag usage cart -o json
            """)

    @Argument(help: "The flag; without one, all that were evaluated.")
    var key: String?

    @OptionGroup var place: EnvironmentOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let usage = try await connection.withClient {
            try await $0.flagUsage(environment: place.environment, flag: key)
        }
        try output.show(
            Presentation(Listing(usage)) { style in
                var table = Table(
                    [
                        .init("key"), .init("variant"), .init("evaluations", right: true),
                        .init("last minute", right: true), .init("last"),
                    ], whenEmpty: "Nothing was evaluated yet.")
                for flag in usage {
                    for variant in flag.variants {
                        table.add(
                            flag.key, variant.variant.isEmpty ? "(none)" : variant.variant, "\(variant.count)",
                            "\(variant.perMinute)", flag.lastEvaluatedAt.map { style.time($0) } ?? "never")
                    }
                }
                return table.lines(style)
            })
    }
}
