import ArgumentParser

struct FlagCommandGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag",
        abstract: "Manage feature flags.",
        discussion: """
            EXAMPLES:
              halcyon flag set new-checkout --boolean --owner shop
              halcyon flag on new-checkout
              halcyon flag target new-checkout --when '{"ends_with": [{"var": "email"}, "@example.com"]}' --serve on
              halcyon flag rollout new-checkout --to on --share 20%
              halcyon flag eval new-checkout -c targetingKey=user-7 -c email=eve@example.com
              halcyon flag revert new-checkout --reason "too slow"
            """,
        subcommands: [
            FlagListCommand.self, FlagGetCommand.self, FlagSetCommand.self, FlagOnCommand.self, FlagOffCommand.self,
            FlagDefaultCommand.self, FlagTargetCommand.self, FlagRolloutCommand.self, FlagScheduleCommand.self,
            FlagRampCommand.self, FlagArchiveCommand.self, FlagDeleteCommand.self, FlagEvalCommand.self,
            FlagHistoryCommand.self, FlagDiffCommand.self, FlagRevertCommand.self, FlagCopyCommand.self,
            FlagImportCommand.self, FlagExportCommand.self, FlagStaleCommand.self, FlagUsageCommand.self,
            FlagProposalsCommand.self, FlagApproveCommand.self, FlagRejectCommand.self, FlagSegmentsCommand.self,
            FlagEnvironmentsCommand.self,
        ])
}
