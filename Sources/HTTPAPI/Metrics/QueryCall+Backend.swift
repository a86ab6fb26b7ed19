import NIOCore
import NIOHTTP1
import Ports

extension MetricsRoute {
    /// Where a backend answers it, below its `/api/v1/`, part by part; `nil` for what this server knows itself.
    var pathAtBackend: [String]? {
        switch self {
        case .query: ["query"]
        case .queryRange: ["query_range"]
        case .exemplars: ["query_exemplars"]
        case .series: ["series"]
        case .labels: ["labels"]
        case .labelValues(let label): ["label", label, "values"]
        case .metadata: ["metadata"]
        default: nil
        }
    }
}

extension QueryCall {
    /// What a backend is told of a query; all else, such as tokens in an address, is the caller's business with this server.
    private static let passedFields: Set = [
        "query", "time", "start", "end", "step", "match[]", "limit", "lookback_delta", "stats", "metric",
        "limit_per_metric", "nocache",
    ]

    /// Has a backend answer, within the time that is left.
    func passOn(_ path: [String], to backend: any MetricsBackend) async throws(QueryFailure) -> HotReply {
        let passed = fields.pairs.filter { QueryCall.passedFields.contains($0.name) }
        let answer = try await run.answer(
            of: backend, path, passed, isQuery: route == .query || route == .queryRange)
        return HotReply(json: answer.body, status: HTTPResponseStatus(statusCode: answer.status))
    }
}
