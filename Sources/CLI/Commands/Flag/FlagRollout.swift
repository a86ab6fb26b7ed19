import ArgumentParser
import FlagSpecs

struct FlagRolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Give a variant to a share of those whom no rule answers.",
        usage: """
            halcyon flag rollout <key> --to <variant> --share <share> [<options>]
            halcyon flag rollout <key> --share <variant=share>… [<options>]
            """,
        discussion: """
            Who has the variant keeps it when the share rises. Several shares add up to 100%.

            EXAMPLES:
              halcyon flag rollout cart --to on --share 5%
              halcyon flag rollout cart --to on --share 50% --reason "no complaints"
              halcyon flag rollout banner --to summer --share 10% --rest none
              halcyon flag rollout banner --share summer=30% --share none=70%
            """)

    @Option(help: ArgumentHelp("The variant.", valueName: "variant"))
    var to: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Who gets it, for example 20%; without --to the share of a variant, for example on=20%, and may be repeated.",
            valueName: "share"))
    var share: [String] = []

    @Option(help: ArgumentHelp("What the others get (default: the default variant).", valueName: "variant"))
    var rest: String?

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        if to != nil, share.count != 1 { throw ValidationError("--to goes with one --share, for example --share 20%.") }
        if to == nil, share.isEmpty { throw ValidationError("Give --to and --share, or a --share for each variant.") }
        if to == nil, rest != nil { throw ValidationError("--rest belongs to --to.") }
    }

    func run() async throws {
        if let to {
            return try await change.perform([FlagEdit(.rollout, variant: to, rest: rest, share: share[0])])
        }
        let shares = try share.map { word in
            let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 1, let last = parts.last else {
                throw CommandFailure.wrongCall("'\(word)' is not VARIANT=SHARE, for example on=20%")
            }
            return FlagShare(variant: parts.dropLast().joined(separator: "="), share: last)
        }
        try await change.perform([FlagEdit(.rollout, shares: shares)])
    }
}
