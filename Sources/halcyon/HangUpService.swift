import ServiceLifecycle
import UnixSignals

/// Reads watched files again when the process is sent SIGHUP, as Prometheus does: also where a change cannot be seen.
struct HangUpService: Service {
    let watcher: FileWatcher

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) { await watcher.look() }
        }
    }
}
