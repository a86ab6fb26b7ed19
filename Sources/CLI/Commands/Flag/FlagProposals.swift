import ArgumentParser
import Wire

struct FlagProposalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposals",
        abstract: "List changes that wait for another person.",
        usage: "halcyon flag proposals [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag proposals
              halcyon flag proposals --all -o json
            """)

    @Flag(help: "Those that were decided, too.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let proposals = try await connection.withClient { try await $0.proposals(open: !all) }
        try output.show(
            Presentation(Listing(proposals)) { style in
                proposals.isEmpty ? ["No proposals."] : proposals.flatMap { $0.lines(style) }
            })
    }
}

struct FlagApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Make a change that somebody else proposed.",
        usage: "halcyon flag approve <proposal> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag approve production-17 --reason "agreed with support"
            """)

    @Argument(help: "The proposal, as `halcyon flag proposals` lists it.")
    var proposal: String

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let decided = try await connection.withClient { try await $0.decide("approve", proposal, reason.reason) }
        try output.show(Presentation(decided) { decided.lines($0) })
    }
}

struct FlagRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Turn a proposed change down, or take back one's own.",
        usage: "halcyon flag reject <proposal> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon flag reject production-17 --reason "not before Monday"
            """)

    @Argument(help: "The proposal.")
    var proposal: String

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let decided = try await connection.withClient { try await $0.decide("reject", proposal, reason.reason) }
        try output.show(Presentation(decided) { decided.lines($0) })
    }
}

extension ProposalView {
    fileprivate func lines(_ style: TextStyle) -> [String] {
        let look: Look = state == .open ? .caution : state == .applied ? .good : .dim
        let headline =
            StyledText("\(id)  ", .bold) + StyledText("\(kind)/\(key) \(action) in \(environment) ")
            + StyledText(state.rawValue, look) + StyledText("  \(style.time(at)) by \(by)", .dim)
        var lines = [headline.text(colour: style.colour)]
        if !reason.isEmpty { lines.append("    \(harmless(reason))") }
        lines += diff.map { "    \(harmless($0))" }
        if let decidedBy {
            let why = decisionReason.map { ": \($0)" } ?? ""
            lines.append("    \(state.rawValue) by \(harmless(decidedBy))\(harmless(why))")
        }
        return lines
    }
}
