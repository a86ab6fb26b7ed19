import ArgumentParser

struct RolloutWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a rollout to its end.",
        usage: "halcyon rollout watch <rollout> [<options>]",
        discussion: """
            On a terminal a live picture of waves, hosts and checks; elsewhere one line an event, with -o json one JSON \
            object a line. It survives a restart of the server. Ends with 0 when the rollout is done, and with 1 when it \
            went back. Interrupting the command never stops the rollout.

            EXAMPLES:
              halcyon rollout watch storefront
              halcyon rollout watch storefront-3 --until waves
              halcyon rollout watch storefront -o json | jq .sentence
            """)

    @OptionGroup var target: RolloutArgument

    @Option(help: ArgumentHelp("When to stop: once all waves are done, or at the end.", valueName: "goal"))
    var until: WatchGoal = .done

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws { try WatchForm.check(output.output) }

    func run() async throws {
        try await connection.withClient { client in
            try await WatchRunner(client: client, rollout: target.rollout, goal: until, output: output).run()
        }
    }
}
