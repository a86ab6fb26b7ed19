import ArgumentParser
import FlagSpecs

struct FlagRolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Give a variant to a share of those whom no rule answers.",
        usage: "halcyon flag rollout <key> --to <variant> --share <percentage> [<options>]",
        discussion: """
            Who has the variant keeps it when the share rises.

            EXAMPLES:
              halcyon flag rollout new-checkout --to on --share 5%
              halcyon flag rollout new-checkout --to on --share 50% --reason "no complaints"
              halcyon flag rollout banner --to summer --share 10% --rest none
            """)

    @OptionGroup var change: FlagChangeOptions

    @Option(help: ArgumentHelp("The variant.", valueName: "variant"))
    var to: String

    @Option(help: ArgumentHelp("Who gets it, for example 20%.", valueName: "percentage"))
    var share: String

    @Option(help: ArgumentHelp("What the others get (default: the default variant).", valueName: "variant"))
    var rest: String?

    func run() async throws {
        try await change.perform([FlagEdit(.rollout, variant: to, rest: rest, share: share)])
    }
}
