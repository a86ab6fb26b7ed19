import Ports
import PromQL
import Series
import Values

extension QueryRun {
    /// Waits for something, but not when the query's time is over or nobody wants it any more.
    func whileWanted<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws(QueryError) -> Answer
    ) async throws(QueryFailure) -> Answer {
        let answer = await withTaskGroup(of: Result<Answer, QueryError>?.self) { group in
            group.addTask {
                do throws(QueryError) {
                    return .success(try await work())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                while self.interruption == nil, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(100)) }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        switch answer {
        case .success(let answer): return answer
        case .failure(let error): throw QueryFailure(error)
        case nil: throw QueryFailure(interruption == .cancelled ? QueryError.cancelled : .timedOut)
        }
    }

    /// Has a backend answer, within the time that is left.
    /// - Parameter isQuery: then it is told how long it may take.
    func answer(
        of backend: any MetricsBackend, _ path: [String], _ fields: [(name: String, value: String)], isQuery: Bool
    ) async throws(QueryFailure) -> BackendAnswer {
        let left = Period.milliseconds(max(1, (deadline - monotonicNanoseconds()) / 1_000_000))
        let asked = fields + (isQuery ? [(name: "timeout", value: "\(left.milliseconds)ms")] : [])
        return try await whileWanted { () async throws(QueryError) in
            try await backend.answer(path, asked, timeout: left)
        }
    }
}
