import MetricsFormats
import Ports
import Series
import Synchronization
import Values

/// Metrics that are read from a backend, which answers with a text or not at all; names are looked through at some cost.
final class BackedMetrics: MetricsKeeper {
    final class Backend: MetricsBackend {
        /// `nil` hangs until nobody waits any more.
        let body: String?
        /// What it was asked, in order.
        var asked: [String] { told.withLock { $0 } }
        private let told = Mutex<[String]>([])

        init(_ body: String?) { self.body = body }

        func answer(
            _ path: [String], _ fields: [(name: String, value: String)], timeout: Period
        ) async throws(QueryError) -> BackendAnswer {
            let words = fields.filter { $0.name != "timeout" }.map { "\($0.name)=\($0.value)" }
            told.withLock { $0.append(([path.joined(separator: "/")] + words).joined(separator: " ")) }
            guard let body else { throw await hang() }
            return BackendAnswer(status: body.contains("\"error\"") ? 422 : 200, body: Array(body.utf8))
        }
    }

    let held: Backend?
    /// Bytes that a look through the names holds; `nil` hangs.
    private let namesHold: Int?

    init(_ backend: Backend?, namesHold: Int? = 0) { (held, self.namesHold) = (backend, namesHold) }

    var backend: (any MetricsBackend)? { held }

    func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        throw .unavailable("nothing is taken")
    }

    func snapshot(named name: String) throws(MetricsRefusal) -> String { throw .unavailable("nothing is kept") }
    func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) { call(nil) }
    func cardinality(limit: Int) -> MetricsCardinality { MetricsCardinality() }

    func condition() -> MetricsCondition {
        var condition = MetricsCondition()
        condition.backend = held.map { _ in BackendCondition(address: "http://elsewhere", problem: nil) }
        return condition
    }

    func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet { throw await hang() }

    func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { try await names() }

    func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { try await names() }

    func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] { [] }

    private func names() async throws(QueryError) -> [String] {
        guard let namesHold else { throw await hang() }
        var meter = MetricsMeter()
        try meter.note(held: namesHold)
        return ["x"]
    }
}

/// Waits until it is cancelled.
private func hang() async -> QueryError {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(600)) }
    return .unavailable("nobody waits")
}
