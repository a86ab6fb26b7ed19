import Ports
import PromQL
import Synchronization

/// Remembers answers for the pages that many people keep open: the same question at the same times is asked once.
///
/// Questions of pages lie on a grid of time, so that a page that draws itself twice a second asks only when there may be something new.
final class QueryMemory: Sendable {
    private struct State {
        var answers: [MetricsQuestion: QueryResult] = [:]
        /// Oldest first.
        var order: [MetricsQuestion] = []
    }

    private static let kept = 256
    /// A larger answer is asked for again.
    private static let largest = 20_000

    private let state = Mutex(State())

    func answer(_ question: MetricsQuestion, by metrics: any MetricsQuestions) async throws(PromQLError) -> QueryResult
    {
        if let known = state.withLock({ $0.answers[question] }) { return known }
        let answer = try await metrics.answer(question)
        guard answer.size <= QueryMemory.largest else { return answer }
        state.withLock { state in
            if state.answers.updateValue(answer, forKey: question) == nil { state.order.append(question) }
            if state.order.count > QueryMemory.kept { state.answers[state.order.removeFirst()] = nil }
        }
        return answer
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
