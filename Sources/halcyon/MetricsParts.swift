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

    /// A queue that cannot be used does not keep the control plane from running: then no metrics are taken in.
    ///
    /// - Throws: `Problem` when an option is wrong, or a file that one names; then all is closed again.
    init(
        data: String, kept: KeptMetrics, options: RemoteOptions, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) async throws(Problem) {
        self.kept = kept
        var outbox: Outbox?
        var writers: [RemoteWriter] = []
        var backend: RemoteBackend?
        do throws(Problem) {
            let timeout = try options.timeout()
            if let settings = try options.backend() {
                backend = try RemoteBackend(settings, release: Release.current, timeout: timeout)
            }
            let destinations = try options.destinations()
            let queue: (any OutgoingSamples)?
            (queue, outbox) = try MetricsParts.queue(data, destinations, limit: try options.queueBytes(), logger)
            for (place, settings) in destinations.enumerated() {
                guard let queue else { break }
                writers.append(
                    try RemoteWriter(
                        settings, queue: queue, receiver: place, release: Release.current, logger: logger, clock: clock)
                )
            }
            keeper =
                queue == nil && backend == nil
                ? kept.keeper : SharedMetrics(store: kept.keeper, queue: queue, writers: writers, backend: backend)
        } catch {
            for writer in writers { await writer.shutDown() }
            await backend?.shutDown()
            outbox?.close()
            kept.close()
            throw error
        }
        (self.outbox, self.writers, self.backend) = (outbox, writers, backend)
    }

    private static func queue(
        _ data: String, _ destinations: [BackendSettings], limit: Int, _ logger: Logger
    ) throws(Problem) -> ((any OutgoingSamples)?, Outbox?) {
        guard !destinations.isEmpty else { return (nil, nil) }
        let names = destinations.map { String(hashOfBytes(Array($0.url.utf8)), radix: 16) }
        do {
            let outbox = try Outbox(path: "\(data)/remote-write", limit: limit, receivers: names)
            for problem in outbox.problems { logger.warning("the queue of remote write was repaired: \(problem)") }
            return (outbox, outbox)
        } catch {
            let reason = "the queue of remote write cannot be used until the server is started again: \(error)"
            logger.error("\(reason)")
            return (BrokenOutgoingSamples(reason: reason), nil)
        }
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
