import ArgumentParser
import Wire

/// What the commands that tell a rollout something have in common.
struct SteeringOptions: ParsableArguments {
    @OptionGroup var target: RolloutArgument
    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    /// Sends a command and shows where the rollout is then.
    ///
    /// - Parameter question: What a person confirms first, for example `Roll back`; `nil` asks nothing.
    func perform(
        _ verb: String, full: Bool = false, question: String? = nil, unless isConfirmed: Bool = false
    ) async throws {
        let rollout = try await connection.withClient { client in
            let rollout = try await client.rollout(target.rollout)
            if let question, !isConfirmed { try confirm(wayBack(question, rollout)) }
            let request = CommandRequest(reason: reason.reason, full: full)
            return try await client.command(verb, rollout: rollout.id, request)
        }
        try output.show(
            Presentation(rollout) { style in
                let line =
                    StyledText("\(rollout.service) \(rollout.version) (\(rollout.id)): ")
                    + StyledText(rollout.phase.words, rollout.phase.look)
                return [line.text(colour: style.colour), harmless(rollout.summary)]
            })
    }
}

/// Asks a person at a terminal; elsewhere nobody can answer, and the call itself is the answer.
func confirm(_ question: String) throws {
    let console = Console.current
    guard console.inputIsTerminal, console.errorIsTerminal else { return }
    console.writeError("\(question) [y/N] ")
    guard let answer = console.readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
        throw CommandFailure.failed("nothing was done")
    }
}

struct RolloutPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let no further host get the new version.",
        usage: "halcyon rollout pause <rollout> [<options>]",
        discussion: """
            What has it keeps it, and is watched: a failed check still rolls back.

            EXAMPLES:
              halcyon rollout pause storefront --reason "checking the logs"
            """)

    @OptionGroup var options: SteeringOptions

    func run() async throws { try await options.perform("pause") }
}

struct RolloutResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on after a pause.",
        usage: "halcyon rollout resume <rollout> [<options>]",
        discussion: """
            A hold is not a pause: it is lifted by itself when its reason is over, and promote overrules it.

            EXAMPLES:
              halcyon rollout resume storefront
            """)

    @OptionGroup var options: SteeringOptions

    func run() async throws { try await options.perform("resume") }
}

struct RolloutPromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Skip the rest of the wave's waiting and bake.",
        usage: "halcyon rollout promote <rollout> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout promote storefront
              halcyon rollout promote storefront --full --reason "security fix"
            """)

    @Flag(help: "Skip the waiting and bakes of all later waves too.")
    var full = false

    @OptionGroup var options: SteeringOptions

    func run() async throws { try await options.perform("promote", full: full) }
}

struct RolloutApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Open the gate that waits for a person.",
        usage: "halcyon rollout approve <rollout> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout approve storefront --reason "agreed with support"
            """)

    @OptionGroup var options: SteeringOptions

    func run() async throws { try await options.perform("approve") }
}

struct RolloutAbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "End a rollout and go back; the version may be deployed again.",
        usage: "halcyon rollout abort <rollout> [<options>]",
        discussion: """
            At a terminal it asks first.

            EXAMPLES:
              halcyon rollout abort storefront --reason "wrong day"
              halcyon rollout abort storefront --yes
            """)

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var options: SteeringOptions

    func run() async throws {
        try await options.perform("abort", question: "Abort", unless: yes)
    }
}

struct RolloutRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Go back; the version is refused until somebody says --force.",
        usage: "halcyon rollout rollback <rollout> [<options>]",
        discussion: """
            A rollback waits for no gate, window, freeze or bake. At a terminal it asks first.

            EXAMPLES:
              halcyon rollout rollback storefront --reason "customers see errors"
              halcyon rollout rollback storefront-3 --yes
            """)

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var options: SteeringOptions

    func run() async throws {
        try await options.perform("rollback", question: "Roll back", unless: yes)
    }
}

private func wayBack(_ verb: String, _ rollout: RolloutView) -> String {
    let hosts = rollout.waves.flatMap(\.hosts).count { $0.version == rollout.version }
    let target = rollout.previous.map { "\(counted(hosts, "host")) return to \($0)" } ?? "there is no previous version"
    return "\(verb) \(rollout.service) \(harmless(rollout.version)) (\(rollout.id))? \(target)."
}

struct RolloutRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Start a new rollout of the same version, which is no longer refused.",
        usage: "halcyon rollout retry <rollout> [<options>]",
        discussion: """
            EXAMPLES:
              halcyon rollout retry storefront-3 --reason "the database is well again"
              halcyon rollout retry storefront --watch
            """)

    @OptionGroup var target: RolloutArgument

    @Flag(help: "Follow the new rollout.")
    var watch = false

    @Option(help: ArgumentHelp("When to stop watching.", valueName: "goal"))
    var until: WatchGoal = .waves

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if watch { try WatchForm.check(output.output) }
    }

    func run() async throws {
        try await connection.withClient { client in
            let id = try await client.rollout(target.rollout).id
            let answer = try await client.retry(rollout: id, CommandRequest(reason: reason.reason))
            if watch, output.output == .json {
                Console.current.complain(harmless(answer.message))
            } else {
                try output.show(Presentation(answer) { _ in [harmless(answer.message)] })
            }
            if watch, let rollout = answer.rollout {
                try await WatchRunner(client: client, rollout: rollout, goal: until, output: output).run()
            }
        }
    }
}
