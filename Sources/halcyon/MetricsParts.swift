import Logging
import MetricsStore
import Ports
import RemoteMetrics
import Series
import ServiceLifecycle
import Values
import Wire

/// The metrics of a server: the embedded store, who gets what it takes in, and who is read in its place.
struct MetricsParts: Service {
    let keeper: any MetricsKeeper & Queryable
    private let kept: KeptMetrics
    private let outbox: Outbox?
    private let writers: [RemoteWriter]
    private let backend: RemoteBackend?

    /// - Throws: `Problem` when an option is wrong, or a file that one names.
    init(
        data: String, kept: KeptMetrics, options: RemoteOptions, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) throws(Problem) {
        self.kept = kept
        let timeout = try options.timeout()
        backend = try options.backend().map { (settings) throws(Problem) in
            try RemoteBackend(settings, release: Release.current, timeout: timeout)
        }
        let destinations = try options.destinations()
        guard !destinations.isEmpty else {
            (outbox, writers) = (nil, [])
            keeper =
                backend == nil
                ? kept.keeper : SharedMetrics(store: kept.keeper, queue: nil, writers: [], backend: backend)
            return
        }
        let names = destinations.map { String(hashOfBytes(Array($0.url.utf8)), radix: 16) }
        let limit = try options.queueBytes()
        let outbox: Outbox
        do {
            outbox = try Outbox(path: "\(data)/remote-write", limit: limit, receivers: names)
        } catch {
            throw Problem(.unavailable, "the queue of remote write cannot be used: \(error)")
        }
        for problem in outbox.problems { logger.warning("the queue of remote write was repaired: \(problem)") }
        var writers: [RemoteWriter] = []
        for (place, settings) in destinations.enumerated() {
            writers.append(
                try RemoteWriter(
                    settings, queue: outbox, receiver: place, release: Release.current, logger: logger, clock: clock))
        }
        (self.outbox, self.writers) = (outbox, writers)
        keeper = SharedMetrics(store: kept.keeper, queue: outbox, writers: writers, backend: backend)
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await kept.run() }
            for writer in writers { group.addTask { await cancelWhenGracefulShutdown { await writer.run() } } }
            try await group.waitForAll()
        }
    }

    /// Writes everything down. Nothing may use the metrics afterwards.
    func close() async {
        for writer in writers { await writer.shutDown() }
        await backend?.shutDown()
        outbox?.close()
        kept.close()
    }
}
