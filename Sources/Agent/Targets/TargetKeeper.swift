import Logging
import Synchronization
import Targets
import Values
import Wire

/// Scrapes what a configuration of Prometheus' form says, and goes on as its files change.
struct TargetKeeper: Sendable {
    let path: String
    let host: String
    let client: TargetClient
    let queue: SampleQueue
    let snapshot: Snapshot
    /// Rings when the files are to be read again, changed or not.
    let reloads: AsyncStream<Void>
    let logger: Logger

    /// How often files are looked at.
    private static let lookEvery = Period.milliseconds(250)
    private static let tellEvery = Period.minutes(1)

    func run() async {
        let isWanted = Flag()
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in reloads { isWanted.raise() } }
            var table = TargetTable(path: path, host: host, queue: queue, logger: logger)
            var toldAt: Period?
            var isFirst = true
            while !Task.isCancelled {
                let now = monotonicTime()
                let isChanged = table.look(at: now, all: isWanted.lower(), waits: !isFirst)
                isFirst = false
                if snapshot.note(.scrapeConfiguration, table.problem), let problem = table.problem {
                    logger.error("the targets before stay: \(problem)")
                }
                if isChanged || toldAt.map({ now - $0 >= TargetKeeper.tellEvery }) ?? true {
                    queue.add(table.listing(at: wallTime()))
                    toldAt = now
                }
                for (source, refusal) in table.due(at: wallTime()) {
                    let files = table.files
                    group.addTask { await source.scrape(client, refusal: refusal, path: files.absolute) }
                }
                await pause(min(TargetKeeper.lookEvery, max(.milliseconds(1), table.nextDue - wallTime())))
            }
            group.cancelAll()
        }
    }
}

/// What is asked to be done once.
private final class Flag: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .relaxed) }
    /// - Returns: whether it was raised.
    func lower() -> Bool { isRaised.exchange(false, ordering: .relaxed) }
}
