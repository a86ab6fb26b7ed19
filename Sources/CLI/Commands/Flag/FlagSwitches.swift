import ArgumentParser
import FlagSpecs

struct FlagOnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on",
        abstract: "Enable a flag.",
        usage: "halcyon flag on <key> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag on cart --reason "launch"
              halcyon flag on cart -e staging
            """)

    @OptionGroup var change: FlagChangeOptions

    func run() async throws { try await change.perform([FlagEdit(.on)]) }
}

struct FlagOffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off",
        abstract: "Disable a flag: callers get their own default.",
        usage: "halcyon flag off <key> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag off cart --reason "customers see errors"
            """)

    @OptionGroup var change: FlagChangeOptions

    func run() async throws { try await change.perform([FlagEdit(.off)]) }
}

struct FlagDefaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Choose the variant for those whom no rule answers.",
        usage: "halcyon flag default <key> [<variant>] [<options>]",
        discussion: """
            Without a variant, callers get their own default.

            EXAMPLES:
              halcyon flag default cart on
            """)

    @OptionGroup var change: FlagChangeOptions

    @Argument(help: "The variant.")
    var variant: String?

    func run() async throws { try await change.perform([FlagEdit(.defaultVariant, variant: variant)]) }
}

struct FlagArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Take a flag out of service; its definition and history stay.",
        usage: "halcyon flag archive <key> [<options>]",
        discussion: """
            Callers get their own default, as if there were no such flag.

            EXAMPLES:
              halcyon flag archive old-banner --reason "rolled out a year ago"
              halcyon flag archive old-banner --undo
            """)

    @Flag(help: "Bring it back.")
    var undo = false

    @OptionGroup var change: FlagChangeOptions

    func run() async throws { try await change.perform([FlagEdit(undo ? .unarchive : .archive)]) }
}

struct FlagDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a flag; its history stays, and revert brings it back.",
        usage: "halcyon flag delete <key> [<options>]",
        discussion: """
            At a terminal it asks first.

            EXAMPLES:
              halcyon flag delete old-banner --yes
            """)

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var change: FlagChangeOptions

    func run() async throws {
        if !yes, !change.dryRun { try confirm("Delete the flag \(change.key) in \(change.environment)?") }
        try await change.perform([FlagEdit(.delete)])
    }
}
