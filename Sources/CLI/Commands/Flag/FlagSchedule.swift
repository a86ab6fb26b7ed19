import ArgumentParser
import Documents
import FlagSpecs

struct FlagScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Change a flag at a time.",
        usage: """
            halcyon flag schedule <key> --at <time> (--on | --off) [<options>]
            halcyon flag schedule <key> --at <time> --default <variant> [<options>]
            halcyon flag schedule <key> --at <time> --to <variant> --share <share>
            halcyon flag schedule <key> (--remove <number> | --clear) [<options>]
            """,
        discussion: """
            A server that was down at that time makes the change when it is back.

            EXAMPLES:
              halcyon flag schedule cart --at 2026-12-01T09:00:00Z --on
              halcyon flag schedule cart --at 2026-12-02T09:00:00+01:00 --to on --share 50%
              halcyon flag schedule cart --at 2026-12-24T00:00:00Z --default off
              halcyon flag schedule cart --remove 1
            """)

    @Option(help: ArgumentHelp("When, with its zone (RFC 3339).", valueName: "time"))
    var at: String?

    @Flag(help: "Enable the flag then.")
    var on = false

    @Flag(help: "Disable the flag then.")
    var off = false

    @Option(name: .customLong("default"), help: ArgumentHelp("The default variant from then on.", valueName: "variant"))
    var defaultVariant: String?

    @Option(help: ArgumentHelp("The variant that a share gets from then on.", valueName: "variant"))
    var to: String?

    @Option(help: ArgumentHelp("The share, for example 50%.", valueName: "percentage"))
    var share: String?

    @Option(help: ArgumentHelp("The members to set, as JSON.", valueName: "json"))
    var set: String?

    @Option(help: ArgumentHelp("Take this scheduled change away, counted from 1.", valueName: "number"))
    var remove: Int?

    @Flag(help: "Take all scheduled changes away.")
    var clear = false

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        if clear || remove != nil { return }
        let wishes = [on, off, defaultVariant != nil, to != nil, set != nil].count { $0 }
        guard at != nil, wishes == 1 else {
            throw ValidationError("Give --at and one of --on, --off, --default, --to with --share, and --set.")
        }
        if (to == nil) != (share == nil) { throw ValidationError("--to and --share belong together.") }
    }

    func run() async throws {
        if clear || remove != nil { return try await change.perform([FlagEdit(.unschedule, index: remove)]) }
        try await change.perform([FlagEdit(.schedule, document: members, at: at)])
    }

    private var members: String {
        if let set { return set }
        let node: Node
        if let to, let share {
            node = .mapping([("rollout", .mapping([("to", .string(to)), ("share", .string(share))]))])
        } else if let defaultVariant {
            node = .mapping([("defaultVariant", .string(defaultVariant))])
        } else {
            node = .mapping([("state", .string(on ? "ENABLED" : "DISABLED"))])
        }
        return String(decoding: JSONWriter.write(node), as: UTF8.self)
    }
}
