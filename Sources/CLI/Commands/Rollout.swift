import ArgumentParser

struct RolloutCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Follow, steer and explain rollouts.",
        discussion: """
            A rollout is named by its identifier, or by its service: that means the service's newest one.

            EXAMPLES:
              halcyon rollout list
              halcyon rollout watch storefront
              halcyon rollout pause storefront --reason "checking the logs"
              halcyon rollout rollback storefront
              halcyon rollout explain storefront-3
            """,
        subcommands: [
            RolloutListCommand.self, RolloutWatchCommand.self, RolloutPauseCommand.self, RolloutResumeCommand.self,
            RolloutPromoteCommand.self, RolloutApproveCommand.self, RolloutAbortCommand.self,
            RolloutRollbackCommand.self, RolloutRetryCommand.self, RolloutExplainCommand.self,
            RolloutHistoryCommand.self, RolloutExportCommand.self,
        ])
}

struct RolloutArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The rollout's identifier, or a service.", valueName: "rollout"))
    var rollout: String
}
