import Glibc
import Synchronization
import Wire

/// Watches one rollout in the form that was asked for.
struct WatchRunner {
    let client: APIClient
    let rollout: String
    let goal: WatchGoal
    let output: OutputOptions

    /// Ends when the goal is reached; throws when it is missed.
    func run() async throws {
        let console = Console.current
        let form = WatchForm(output.output, isTerminal: console.outputIsTerminal)
        let presenter = Shared(WatchPresenter(form: form, colour: output.colour.color, console: console))
        if form == .picture { restoreTerminalOnSignals() }
        defer { presenter.value.withLock { $0.finish() } }
        let outcome = try await outcome(presenter, isPicture: form == .picture)
        presenter.value.withLock { $0.finish() }
        switch outcome {
        case .missed(let message): throw CommandFailure.failed(message)
        case .reached(let message): form == .json ? console.complain(message) : console.print(message)
        }
    }

    /// A presenter that the feed and the clock take turns to use.
    private final class Shared: Sendable {
        let value: Mutex<WatchPresenter>

        init(_ presenter: WatchPresenter) {
            value = Mutex(presenter)
        }
    }

    private func outcome(_ presenter: Shared, isPicture: Bool) async throws -> WatchOutcome {
        let feed = WatchFeed(client: client, rollout: rollout, goal: goal)
        return try await withThrowingTaskGroup(of: WatchOutcome?.self) { group in
            group.addTask { try await feed.run { input in presenter.value.withLock { $0.take(input) } } }
            if isPicture {
                group.addTask { try await redraw(presenter) }
                group.addTask { try await refresh(presenter) }
            }
            defer { group.cancelAll() }
            for try await case let outcome? in group { return outcome }
            throw CancellationError()
        }
    }

    /// At most four pictures a second.
    private func redraw(_ presenter: Shared) async throws -> WatchOutcome? {
        while true {
            presenter.value.withLock { $0.draw() }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    /// The counts of checks and the progress of hosts change without an event in the history.
    private func refresh(_ presenter: Shared) async throws -> WatchOutcome? {
        while true {
            try await Task.sleep(for: .seconds(2))
            guard let id = presenter.value.withLock({ $0.rollout?.id }) else { continue }
            if let view = try? await client.rollout(id) { presenter.value.withLock { $0.take(.rollout(view)) } }
        }
    }
}

/// Ctrl-C must not leave the terminal without a cursor. A handler may only make system calls, so it ends the process itself.
private func restoreTerminalOnSignals() {
    let handler: @convention(c) (Int32) -> Void = { number in
        let text: StaticString = "\u{1B}[0m\u{1B}[?25h\nThe rollout goes on without this command.\n"
        _ = write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(128 + number)
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
    signal(SIGHUP, handler)
}
