import ArgumentParser
import UnixSignals
import Wire

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a whole fleet on this machine: a good version goes out, three bad changes come back.",
        discussion: """
            Starts a control plane, twelve agents in three regions (each with a loopback address of its own, 127.0.1.1 to
            127.0.1.12), a sample service and a steady load on every host. Then it deploys a good version, one with
            errors and one with a slow tail, and rolls out a flag whose code fails, with a live view, and ends with a summary. It exits 0 only if everything happened as it should.

            EXAMPLES:
              halcyon demo
              halcyon demo --keep          leaves the fleet running, with the page, until Ctrl-C
            """)

    @Flag(help: "Leave everything running at the end, until Ctrl-C.")
    var keep = false

    @Option(help: ArgumentHelp("The control plane's port.", valueName: "port"))
    var port = 8080

    @Option(help: ArgumentHelp("Requests a second, for each host.", valueName: "rate"))
    var rate = 12.0

    @Option(help: ArgumentHelp("The storefront program; next to this one unless it is named.", valueName: "file"))
    var storefront: String?

    func run() async throws {
        let stage = try DemoStage(port: port, storefront: storefront)
        let outcome = await withStopOnSignal {
            await DemoStory(stage: stage, rate: rate, keep: keep).tell()
        }
        await stage.clear()
        try outcome.get()
    }
}

/// Runs `body`, and cancels it when the process is told to end, so that what was started is ended too.
private func withStopOnSignal<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Result<Success, Problem>
) async -> Result<Success, Problem> {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    return await withTaskGroup(of: Result<Success, Problem>?.self) { group in
        group.addTask { await body() }
        group.addTask {
            for await _ in signals { break }
            return nil
        }
        // Whichever ends first, the other is cancelled; the story's own end is what counts.
        var outcome: Result<Success, Problem>?
        var wasInterrupted = false
        while let next = await group.next() {
            if next == nil, outcome == nil { wasInterrupted = true }
            outcome = next ?? outcome
            group.cancelAll()
        }
        // A story that was told to end breaks off somewhere; where is not its reader's business.
        if case .failure = outcome, wasInterrupted {
            return .failure(Problem(.unavailable, "the demo was interrupted"))
        }
        return outcome ?? .failure(Problem(.internal, "the demo ended without a result"))
    }
}
