import NIOCore
import Ports
import PromQL
import Series
import Synchronization

/// The page's questions about metrics, put to the desk that answers the query API.
struct PageQuestions: MetricsQuestions {
    let desk: MetricsDesk
    /// Who asked; when it is closed nobody waits for the answer.
    let channel: any Channel

    /// How long an answer may take, in milliseconds.
    let patience: Int64

    /// - Parameter path: the page's. On the explorer the answer is all that there is to wait for; elsewhere it only adds to what must
    ///   be seen at once.
    init(desk: MetricsDesk, channel: any Channel, path: String) {
        self.desk = desk
        self.channel = channel
        patience = path.hasPrefix("/explore") ? 30_000 : 3_000
    }

    func answer(_ question: MetricsQuestion) async throws(PromQLError) -> QueryResult {
        let query = try Query(question.expression)
        let serving = desk.queries.serving
        let limits = QueryLimits(samples: serving.samples, lookback: serving.lookback)
        let prepared =
            if let step = question.step {
                try query.prepared(from: question.start, through: question.end, step: step, limits: limits)
            } else {
                try query.prepared(at: question.end, limits: limits)
            }
        return try await ask { run, keeper throws(QueryFailure) in
            if let backend = keeper.backend {
                let reading = BackendReading(question: question, type: query.type, run: run, keeper: keeper)
                return try await reading.answer(of: backend, mostSamples: serving.samples)
            }
            return try run.evaluated(prepared, try await run.selected(prepared, keeper))
        }
    }

    func labelNames(
        _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String] {
        try await look { keeper throws(QueryError) in
            try await keeper.labelNames(
                lists, after: stretch.lowerBound - 1, through: stretch.upperBound, limit: limit)
        }
    }

    func labelValues(
        _ name: String, _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String] {
        try await look { keeper throws(QueryError) in
            try await keeper.labelValues(
                name, lists, after: stretch.lowerBound - 1, through: stretch.upperBound, limit: limit)
        }
    }

    func metadata(_ metric: String?, limit: Int) async throws(PromQLError) -> [MetricMetadata] {
        try await look { keeper throws(QueryError) in try await keeper.metadata(metric, limit: limit) }
    }

    private func look<Answer: Sendable>(
        _ work: @escaping @Sendable (any MetricsKeeper) async throws(QueryError) -> Answer
    ) async throws(PromQLError) -> Answer {
        try await ask { run, keeper throws(QueryFailure) in
            try await run.whileWanted { () async throws(QueryError) in try await work(keeper) }
        }
    }

    /// Has something done on a query thread, and waits for it. Cancelling ends it.
    private func ask<Answer: Sendable>(
        _ work: @escaping @Sendable (QueryRun, any MetricsKeeper) async throws(QueryFailure) -> Answer
    ) async throws(PromQLError) -> Answer {
        let ending = RunEnding()
        let (desk, channel, patience) = (desk, channel, patience)
        let answer: Result<Answer, QueryFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let run = desk.queries.submit(timeout: patience, isWanted: { channel.isActive }) { failure in
                    continuation.resume(returning: .failure(failure))
                } _: { run in
                    let answer = await MetricsReading.$current.withValue(MetricsReading { run.keep($0) }) {
                        () async -> Result<Answer, QueryFailure> in
                        do throws(QueryFailure) {
                            return .success(try await work(run, desk.keeper))
                        } catch {
                            return .failure(error)
                        }
                    }
                    continuation.resume(returning: answer)
                }
                ending.follow(run)
            }
        } onCancel: {
            ending.end()
        }
        switch answer {
        case .success(let answer): return answer
        case .failure(let failure): throw PromQLError(failure)
        }
    }
}

/// Ends a query whose page nobody waits for, also when it was given up before it began.
private final class RunEnding: Sendable {
    private let state = Mutex<(run: QueryRun?, isEnded: Bool)>((nil, false))

    func follow(_ run: QueryRun) {
        let isEnded = state.withLock { state in
            state.run = run
            return state.isEnded
        }
        if isEnded { run.cancel() }
    }

    func end() {
        let run = state.withLock { state in
            state.isEnded = true
            return state.run
        }
        run?.cancel()
    }
}

extension PromQLError {
    fileprivate init(_ failure: QueryFailure) {
        let kind: Kind =
            switch failure.type {
            case "bad_data": .badExpression
            case "timeout": .timedOut
            case "canceled": .cancelled
            default: .execution
            }
        self.init(failure.message, kind: kind)
    }
}
