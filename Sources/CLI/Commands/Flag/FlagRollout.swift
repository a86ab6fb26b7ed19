import ArgumentParser
import FlagSpecs
import Wire

struct FlagRolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Bring a variant to all, wave by wave; or give it to a share of those whom no rule answers.",
        usage: """
            halcyon flag rollout <key> --to <variant> [--plan <name>] [--watch]
            halcyon flag rollout <key> --to <variant> --share <share>
            halcyon flag rollout <key> --share <variant=share>…
            """,
        discussion: """
            Without --share, the variant goes through the waves of a plan, as a version of a service does: to 1%, 5%, 25% and \
            all of the targeting keys unless the flag or --plan names another. What SDKs measure of the code behind the flag \
            decides whether it goes on or back. halcyon rollout pause, resume, promote, approve, rollback, explain and watch \
            are for flags as well.

            With --share, it is given to that share at once, and nothing is watched. Several shares add up to 100%.

            Who has the variant keeps it when the share rises.

            EXAMPLES:
              halcyon flag rollout cart --to on --watch
              halcyon flag rollout cart --to on --plan careful -e staging
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
            "Who gets it at once, for example 20%; without --to the share of a variant, for example on=20%, and may be "
                + "repeated.", valueName: "share"))
    var share: [String] = []

    @Option(
        help: ArgumentHelp("With --share: what the others get (default: the default variant).", valueName: "variant"))
    var rest: String?

    @Option(
        help: ArgumentHelp(
            "The plan to go by, of a document of kind Plan (default: the flag's own, or guarded).", valueName: "name"))
    var plan: String?

    @Flag(help: "Follow the rollout.")
    var watch = false

    @Option(help: ArgumentHelp("When to stop watching.", valueName: "goal"))
    var until: WatchGoal = .waves

    @Flag(help: "Take the place of the flag's rollout in flight, which goes back first.")
    var supersede = false

    @Flag(help: "Roll a variant out although it was rolled back before.")
    var force = false

    @OptionGroup var change: FlagChangeOptions

    func validate() throws {
        if to == nil, share.isEmpty { throw ValidationError("Give --to, or a --share for each variant.") }
        if to == nil, rest != nil { throw ValidationError("--rest belongs to --to.") }
        if to != nil, share.count > 1 { throw ValidationError("--to goes with one --share, for example --share 20%.") }
        if to != nil, share.isEmpty { return try validateWaves() }
        if plan != nil || watch || supersede || force {
            throw ValidationError(
                "--plan, --watch, --supersede and --force are for a rollout in waves; --share changes the flag at once."
            )
        }
    }

    private func validateWaves() throws {
        if rest != nil { throw ValidationError("--rest belongs to --share: in waves the others keep what they have.") }
        if change.dryRun || change.propose || change.revision != nil {
            throw ValidationError("--dry-run, --propose and --revision belong to --share.")
        }
        if watch { try WatchForm.check(change.output.output) }
    }

    func run() async throws {
        guard let to else { return try await change.perform([FlagEdit(.rollout, shares: try shares)]) }
        guard let share = share.first else { return try await rollOut(to) }
        try await change.perform([FlagEdit(.rollout, variant: to, rest: rest, share: share)])
    }

    private var shares: [FlagShare] {
        get throws {
            try share.map { word in
                let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                guard parts.count > 1, let last = parts.last else {
                    throw CommandFailure.wrongCall("'\(word)' is not VARIANT=SHARE, for example on=20%")
                }
                return FlagShare(variant: parts.dropLast().joined(separator: "="), share: last)
            }
        }
    }

    private func rollOut(_ variant: String) async throws {
        try await change.connection.withClient { client in
            let request = FlagRolloutRequest(
                to: variant, plan: plan, supersede: supersede, force: force, reason: change.reason.reason)
            let answer = try await client.rollOut(flag: change.key, environment: change.environment, request)
            try answer.show(isWatched: watch, change.output)
            if watch, let rollout = answer.rollout {
                try await WatchRunner(client: client, rollout: rollout, goal: until, output: change.output).run()
            }
        }
    }
}
