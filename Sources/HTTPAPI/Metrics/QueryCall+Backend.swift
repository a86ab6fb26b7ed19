import NIOCore
import NIOHTTP1
import Ports
import PromQL
import Series
import Values

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
        let left = Period.milliseconds((run.deadline - monotonicNanoseconds()) / 1_000_000)
        var passed = fields.pairs.filter { QueryCall.passedFields.contains($0.name) }
        if route == .query || route == .queryRange {
            passed.append((name: "timeout", value: "\(max(left.milliseconds, 1))ms"))
        }
        let asked = passed
        let answer = await whileWanted { () async -> Result<BackendAnswer, QueryError> in
            do throws(QueryError) {
                return .success(try await backend.answer(path, asked, timeout: left))
            } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success(let answer):
            return HotReply(json: answer.body, status: HTTPResponseStatus(statusCode: answer.status))
        case .failure(let error): throw QueryFailure(error)
        case nil:
            let isCancelled = run.interruption == .cancelled
            throw QueryFailure(
                status: 503, type: isCancelled ? "canceled" : "timeout",
                message: isCancelled
                    ? "query was canceled in query execution" : "query timed out in query execution")
        }
    }

    /// Waits for something, but not when its time is over or the client has gone away: `nil` then.
    private func whileWanted<Answer: Sendable>(_ work: @escaping @Sendable () async -> Answer) async -> Answer? {
        let run = run
        return await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                while run.interruption == nil, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(100)) }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
