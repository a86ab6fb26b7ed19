import ArgumentParser

struct FlagCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag",
        abstract: "Manage feature flags.",
        discussion: """
            EXAMPLES:
              halcyon flag set cart --boolean --owner shop
              halcyon flag on cart
              halcyon flag target cart --attribute country --is de --serve on
              halcyon flag rollout cart --to on --share 20%
              halcyon flag eval cart -c targetingKey=user-7 -c country=de
              halcyon flag revert cart --reason "too slow"
            """,
        subcommands: [
            FlagListCommand.self, FlagGetCommand.self, FlagSetCommand.self, FlagOnCommand.self, FlagOffCommand.self,
            FlagDefaultCommand.self, FlagTargetCommand.self, FlagRolloutCommand.self, FlagScheduleCommand.self,
            FlagRampCommand.self, FlagArchiveCommand.self, FlagDeleteCommand.self, FlagEvalCommand.self,
            FlagHistoryCommand.self, FlagDiffCommand.self, FlagRevertCommand.self, FlagCopyCommand.self,
            FlagImportCommand.self, FlagExportCommand.self, FlagStaleCommand.self, FlagUsageCommand.self,
            FlagProposalsCommand.self, FlagApproveCommand.self, FlagRejectCommand.self, FlagSegmentsCommand.self,
            FlagHoldoutsCommand.self,
            FlagEnvironmentsCommand.self,
        ])
}
