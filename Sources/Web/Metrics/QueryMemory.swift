import Ports
import PromQL
import Specs
import Synchronization
import Values

/// Remembers answers for the pages that many people keep open: the same question at the same times is asked once.
///
/// Questions of pages lie on a grid of time, so that a page that draws itself twice a second asks only when there may be something
/// new. What could not be answered is not asked again for some seconds: whoever is away or too slow would only be waited for again.
final class QueryMemory: Sendable {
    private struct State {
        var answers: [MetricsQuestion: QueryResult] = [:]
        /// Oldest first.
        var order: [MetricsQuestion] = []
        /// By service.
        var figures: [String: KnownFigures] = [:]
        /// By what was asked, whatever the times.
        var failures: [Subject: Failure] = [:]
    }

    private enum Subject: Hashable {
        case expression(String)
        case figures(service: String)
    }

    private struct Failure {
        var error: PromQLError
        var at: Timestamp
    }

    private struct KnownFigures {
        var spec: ServiceSpec
        var figures: [ServiceFigure]
        var at: Timestamp
    }

    private static let kept = 256
    /// A larger answer is asked for again.
    private static let largest = 20_000
    private static let failureLasts = Period.seconds(5)
    /// Which metrics a service has seldom changes, but the first ones should be seen soon.
    private static let figuresLast = Period.seconds(20)
    private static let noFiguresLast = Period.seconds(5)

    private let state = Mutex(State())
    private let clock: @Sendable () -> Timestamp

    init(clock: @escaping @Sendable () -> Timestamp) { self.clock = clock }

    func answer(_ question: MetricsQuestion, by metrics: any MetricsQuestions) async throws(PromQLError) -> QueryResult
    {
        if let known = state.withLock({ $0.answers[question] }) { return known }
        let answer = try await attempt(.expression(question.expression)) { () async throws(PromQLError) in
            try await metrics.answer(question)
        }
        guard answer.size <= QueryMemory.largest else { return answer }
        state.withLock { state in
            if state.answers.updateValue(answer, forKey: question) == nil { state.order.append(question) }
            if state.order.count > QueryMemory.kept { state.answers[state.order.removeFirst()] = nil }
        }
        return answer
    }

    /// What can be shown of a service: to find that out takes looking through the labels of all its series.
    func figures(
        of spec: ServiceSpec, _ find: () async throws(PromQLError) -> [ServiceFigure]
    ) async throws(PromQLError) -> [ServiceFigure] {
        if let known = state.withLock({ $0.figures[spec.name] }), known.spec == spec,
            isWithin(known.figures.isEmpty ? QueryMemory.noFiguresLast : QueryMemory.figuresLast, since: known.at)
        {
            return known.figures
        }
        let found = try await attempt(.figures(service: spec.name), find)
        let known = KnownFigures(spec: spec, figures: found, at: clock())
        state.withLock { state in
            if state.figures.count >= QueryMemory.kept { state.figures.removeAll() }
            state.figures[spec.name] = known
        }
        return found
    }

    /// Does something, but not what failed a moment ago.
    private func attempt<Answer>(
        _ subject: Subject, _ work: () async throws(PromQLError) -> Answer
    ) async throws(PromQLError) -> Answer {
        if let failure = state.withLock({ $0.failures[subject] }),
            isWithin(QueryMemory.failureLasts, since: failure.at)
        {
            throw failure.error
        }
        do throws(PromQLError) {
            return try await work()
        } catch {
            // That one reader has gone away says nothing to the others.
            if error.kind == .execution || error.kind == .timedOut {
                let failure = Failure(error: error, at: clock())
                state.withLock { state in
                    if state.failures.count >= QueryMemory.kept { state.failures.removeAll() }
                    state.failures[subject] = failure
                }
            }
            throw error
        }
    }

    /// No longer when the clock was set back.
    private func isWithin(_ period: Period, since moment: Timestamp) -> Bool {
        (0..<period.milliseconds).contains((clock() - moment).milliseconds)
    }
}

extension QueryResult {
    /// How many values it holds.
    fileprivate var size: Int {
        switch value {
        case .scalar, .string: return 1
        case .vector(let elements): return elements.count
        case .matrix(let series): return series.reduce(0) { $0 + $1.times.count + 20 * $1.histograms.count }
        }
    }
}
