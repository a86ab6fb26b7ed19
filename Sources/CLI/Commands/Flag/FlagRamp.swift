import ArgumentParser
import FlagSpecs

struct FlagRampCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Raise a variant's share by itself, step by step.",
        usage: "halcyon flag ramp <key> --to <variant> --step <share@after>…",
        discussion: """
            Each step waits that long after the one before it, the first one after now. Rules still come first.

            EXAMPLES:
              halcyon flag ramp cart --to on --step 5%@0s --step 25%@1h --step 100%@1d
              halcyon flag ramp cart --stop            nobody gets it any more by the ramp
              halcyon flag ramp cart --stop --keep     the share stays where it is
            """)

    @Option(help: ArgumentHelp("The variant.", valueName: "variant"))
    var to: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A share, and how long after the step before; may be repeated.", valueName: "share@after"))
    var step: [String] = []

    @Flag(help: "End the ramp.")
    var stop = false

    @Flag(help: "With --stop: the share stays where it is.")
    var keep = false

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        if stop { return }
        guard to != nil, !step.isEmpty else { throw ValidationError("Give --to and at least one --step, or --stop.") }
        if keep { throw ValidationError("--keep belongs to --stop.") }
    }

    func run() async throws {
        if stop { return try await change.perform([FlagEdit(.endRamp, keep: keep)]) }
        let steps = try step.map { word in
            let parts = word.split(separator: "@", maxSplits: 1).map(String.init)
            guard let share = parts.first else {
                throw CommandFailure.wrongCall("'\(word)' is not a step, for example 25%@1h")
            }
            return FlagRampStep(share: share, after: parts.count > 1 ? parts[1] : "0s")
        }
        try await change.perform([FlagEdit(.ramp, variant: to, steps: steps)])
    }
}
