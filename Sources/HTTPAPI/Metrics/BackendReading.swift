import Ports
import PromQL
import QueryJSON
import Series

/// A page's question that a backend answers: it evaluates, and its answer is read back.
struct BackendReading: Sendable {
    let question: MetricsQuestion
    let type: ValueType
    let run: QueryRun
    let keeper: any MetricsKeeper

    func answer(of backend: any MetricsBackend, mostSamples: Int) async throws(QueryFailure) -> QueryResult {
        let answer = try await run.answer(
            of: backend, [question.step == nil ? "query" : "query_range"], fields, isQuery: true)
        let read = try read(answer, mostSamples)
        let count = read.series.reduce(0) { $0 + $1.samples.count }
        guard run.reserve(count) else { throw QueryFailure(QueryError.tooMuchMemory) }
        return QueryResult(
            value: value(read), warnings: read.warnings, infos: read.infos, samplesTouched: count, peakSamples: count)
    }

    private var fields: [(name: String, value: String)] {
        func seconds(_ milliseconds: Int64) -> String { "\(Double(milliseconds) / 1000)" }
        // VictoriaMetrics leaves the newest samples out of what it caches.
        let all = [(name: "query", value: question.expression), (name: "nocache", value: "1")]
        guard let step = question.step else { return all + [(name: "time", value: seconds(question.end))] }
        return all + [
            (name: "start", value: seconds(question.start)), (name: "end", value: seconds(question.end)),
            (name: "step", value: seconds(step)),
        ]
    }

    private func read(_ answer: BackendAnswer, _ mostSamples: Int) throws(QueryFailure) -> QueryAnswer {
        let read: QueryAnswer
        do throws(QueryAnswer.Problem) {
            read = try QueryAnswer(answer.body, .samples, limitSamples: mostSamples)
        } catch {
            switch error {
            case .tooManySeries, .tooManySamples: throw QueryFailure(QueryError.tooMuchMemory)
            case .histograms:
                throw QueryFailure(
                    status: 422, type: "execution",
                    message: "\(name) answers with native histograms, which cannot be read back: "
                        + "ask for numbers, such as histogram_quantile(0.99, …) or histogram_avg(…)")
            case .malformed(let offset):
                throw QueryFailure(QueryError.unavailable("\(name): its answer is broken at byte \(offset)"))
            }
        }
        guard read.isSuccess else {
            throw QueryFailure(
                status: answer.status, type: read.errorType, message: "\(name) cannot answer: \(read.error.prefix(300))"
            )
        }
        return read
    }

    private var name: String {
        "the metrics backend" + (keeper.condition().backend.map { " \($0.address)" } ?? "")
    }

    /// By what is in the answer: VictoriaMetrics answers a scalar with a vector of one.
    private func value(_ read: QueryAnswer) -> QueryValue {
        if question.step == nil {
            if type == .string, let text = read.single { return .string(text) }
            if let number = read.number { return .scalar(number) }
            if type == .scalar, read.series.count == 1, let number = read.series[0].samples.values.last {
                return .scalar(number)
            }
            if type != .matrix {
                return .vector(
                    read.series.compactMap { series in
                        series.samples.values.last.map { VectorElement(labels: series.labels, value: $0) }
                    })
            }
        }
        return .matrix(
            read.series.map { series in
                var matrix = MatrixSeries(labels: series.labels)
                (matrix.times, matrix.values) = (Array(series.samples.times), Array(series.samples.values))
                return matrix
            })
    }
}
