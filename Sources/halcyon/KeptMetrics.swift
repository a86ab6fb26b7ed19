import FoundationEssentials
import Logging
import MetricsStore
import Ports
import Series
import ServiceLifecycle
import Values
import Wire

/// The store of metrics, or what stands in its place when it could not be opened: the control plane runs without.
struct KeptMetrics: Service {
    let keeper: any MetricsKeeper & Queryable
    private let store: MetricsStore?
    private let logger: Logger

    /// - Parameter retention: how long samples are kept, such as `15d`; 0 for ever.
    /// - Parameter size: how much the blocks may take, such as `20GiB`; 0 is no limit.
    /// - Throws: `Problem` only when an option is wrong.
    init(
        folder: String, retention: String, size: String, limits: SeriesLimitOptions, logger: Logger
    ) throws(Problem) {
        self.logger = logger
        let options = try KeptMetrics.options(retention: retention, size: size, limits: limits)
        do {
            let store = try MetricsStore(path: folder, options: options)
            for problem in store.recovery.problems {
                logger.warning("the metrics were repaired", metadata: ["what": "\(problem)"])
            }
            (self.store, keeper) = (store, store)
        } catch {
            let reason = "the metrics cannot be used until the server is started again: \(error)"
            logger.error("\(reason)")
            (store, keeper) = (nil, BrokenMetrics(reason: reason))
        }
    }

    static func options(
        retention: String, size: String, limits: SeriesLimitOptions
    ) throws(Problem) -> StoreOptions {
        var options = StoreOptions()
        try limits.apply(to: &options)
        guard let period = Period(retention) else {
            throw Problem(
                .invalid, "--metrics-retention is a time such as 15d or 12h, not '\(retention)'",
                hint: "0 keeps samples for ever")
        }
        options.retentionAge = period.milliseconds
        guard size == "0" || ByteSize(size) != nil else {
            throw Problem(
                .invalid, "--metrics-retention-size is a size such as 20GiB or 500MB, not '\(size)'",
                hint: "0 is no limit")
        }
        options.retentionBytes = ByteSize(size)?.bytes ?? 0
        return options
    }

    /// Says what goes wrong in the store, and what was repaired, until the shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            var known = store?.lastNotices ?? []
            var problem: String?
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(5))
                let condition = keeper.condition()
                if store != nil, condition.problem != problem {
                    problem = condition.problem
                    if let problem { logger.error("metrics are refused: \(problem)") }
                }
                let fresh = known.last.flatMap { last in condition.notices.lastIndex(of: last) }
                for notice in condition.notices[(fresh.map { $0 + 1 } ?? 0)...] {
                    logger.warning("metrics: \(notice)")
                }
                known = condition.notices
            }
        }
    }

    /// Writes everything down. Nothing may use the store afterwards.
    func close() { store?.close() }
}
