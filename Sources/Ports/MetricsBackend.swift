public import Series
public import Values

/// Whoever answers Prometheus' query API in the place of the embedded store: another server, which has the data.
public protocol MetricsBackend: Sendable {
    /// Asks it as it is, by the path below `/api/v1/`, part by part.
    ///
    /// - Parameter fields: nothing of a caller's own secrets.
    /// - Returns: its answer, JSON of the API; errors that it found in the query included.
    /// - Throws: `unavailable`, naming it, when there is no such answer.
    func answer(
        _ path: [String], _ fields: [(name: String, value: String)], timeout: Period
    ) async throws(QueryError) -> BackendAnswer
}

public struct BackendAnswer: Hashable, Sendable {
    public var status: Int
    public var body: [UInt8]

    public init(status: Int, body: [UInt8]) { (self.status, self.body) = (status, body) }
}
