import ArgumentParser
import Wire

struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Ship a version of a service through the waves of its plan.",
        usage: """
            halcyon deploy <service> --artifact <file|url|sha256:…> [<options>]
            halcyon deploy <service> --version <name> [<options>]
            """,
        discussion: """
            The artefact is a tar, tar.gz or tar.zst archive, or a single executable. A file is uploaded unless the server \
            has it already; a URL is downloaded once to learn its digest, and the agents fetch it from there; sha256:… is \
            one that the server has. With --version alone, a version that exists is deployed again.

            With --watch the command ends with 0 once all waves are done and the watch has begun (--until done waits for \
            the end of the watch), and with 1 when the rollout goes back. Without it the command ends when the rollout has \
            begun. Interrupting the command never stops the rollout.

            EXAMPLES:
              halcyon deploy storefront --artifact ./build.tar.gz --version 1.5.0 --watch
              halcyon deploy storefront --artifact https://example.com/1.5.0.tar.zst
              halcyon deploy storefront --version 1.4.0 --reason "1.5.0 is slow at night"
              halcyon deploy storefront --artifact ./hotfix --supersede --watch --until done
              halcyon deploy storefront --version 1.6.0 --plan careful
            """)

    @Argument(help: "The service.")
    var service: String

    @Option(
        name: [.long, .customLong("artefact")],
        help: ArgumentHelp("What to ship.", valueName: "file|url|sha256:…"), completion: .file())
    var artifact: String?

    @Option(
        help: ArgumentHelp("The version's name (default: the start of the artefact's digest).", valueName: "name"))
    var version: String?

    @Flag(help: "Follow the rollout.")
    var watch = false

    @Flag(help: "Do not follow it: the default, spelled out.")
    var detach = false

    @Option(help: ArgumentHelp("When to stop watching.", valueName: "goal"))
    var until: WatchGoal = .waves

    @Flag(help: "Take the place of the rollout in flight, which goes back first. Otherwise a new one waits for it.")
    var supersede = false

    @Flag(help: "Deploy a version although it was rolled back before.")
    var force = false

    @Flag(help: "The version cannot be taken back: no automatic rollback, and a person approves it first.")
    var forwardOnly = false

    @Option(
        help: ArgumentHelp(
            "The plan to go by, of a document of kind Plan (default: the service's own).", valueName: "name"))
    var plan: String?

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if artifact == nil && version == nil {
            throw ValidationError("Say what to ship: --artifact FILE, or --version NAME for a version that exists.")
        }
        if watch && detach { throw ValidationError("--watch and --detach exclude each other.") }
        if watch { try WatchForm.check(output.output) }
    }

    func run() async throws {
        try await connection.withClient { client in
            var request = DeployRequest(
                service: service, version: version, supersede: supersede, force: force, forwardOnly: forwardOnly,
                plan: plan, reason: reason.reason)
            if let artifact {
                // A mistyped name is told before an upload, not after it.
                let spec = try await client.service(service).spec
                request.artefact = try await ArtefactSource(artifact).provide(to: client, for: spec)
            }
            let answer = try await client.deploy(request)
            try answer.show(isWatched: watch, output)
            if watch, let rollout = answer.rollout {
                try await WatchRunner(client: client, rollout: rollout, goal: until, output: output).run()
            }
        }
    }
}

extension DeployAnswer {
    /// Shows what became of the wish for a rollout.
    func show(isWatched: Bool, _ output: OutputOptions) throws {
        // With --watch and JSON, the standard output holds events only.
        if isWatched, output.output == .json { return Console.current.complain(harmless(message)) }
        try output.show(
            Presentation(self) { _ in
                guard let rollout, !isWatched, outcome != .unchanged else { return [harmless(message)] }
                return [harmless(message), "Follow it with: halcyon rollout watch \(rollout)"]
            })
    }
}
