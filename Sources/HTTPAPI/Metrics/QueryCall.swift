import NIOCore
import Ports
import PromQL
import QueryJSON
import Series
import Values

/// A request to the query API, on a query thread.
struct QueryCall: Sendable {
    let route: MetricsRoute
    let fields: QueryFields
    let desk: MetricsDesk
    let run: QueryRun

    /// Points for each series that a range query may ask for.
    private static let maximumPoints: Int64 = 11_000
    /// Bytes of an answer.
    static let maximumAnswer = 256 << 20

    func reply() async -> HotReply {
        let run = run
        return await MetricsReading.$current.withValue(MetricsReading { run.keep($0) }) { await guarded() }
    }

    private func guarded() async -> HotReply {
        do throws(QueryFailure) {
            return try await answer()
        } catch {
            return error.reply
        }
    }

    private func answer() async throws(QueryFailure) -> HotReply {
        if let backend = desk.keeper.backend, let path = route.pathAtBackend {
            return try await passOn(path, to: backend)
        }
        switch route {
        case .query: return try await instant()
        case .queryRange: return try await range()
        case .formatQuery: return HotReply(json: QueryBody.formatted(try expression()))
        case .parseQuery: return HotReply(json: QueryBody.parsed(try expression()))
        case .exemplars:
            _ = try expression()
            _ = try fields.stretch()
            // Exemplars are not kept.
            return HotReply(json: QueryBody.texts([]))
        case .series: return try await series()
        case .labels, .labelValues: return try await labels()
        case .metadata: return try await metadata()
        default: return try StatusAnswers(route: route, fields: fields, desk: desk).reply()
        }
    }

    // MARK: Evaluation

    private func expression() throws(QueryFailure) -> Expression { try query().expression }

    private func query() throws(QueryFailure) -> Query {
        do throws(PromQLError) {
            return try Query(fields["query"] ?? "")
        } catch {
            throw QueryFailure(error)
        }
    }

    private func limits() throws(QueryFailure) -> QueryLimits {
        let serving = desk.queries.serving
        let lookback = try fields.duration("lookback_delta") ?? serving.lookback
        guard lookback > 0 else { throw .parameter("lookback_delta", "it must be positive") }
        return QueryLimits(samples: serving.samples, lookback: lookback)
    }

    private func instant() async throws(QueryFailure) -> HotReply {
        let time = try fields.time("time", default: currentTime().milliseconds)
        let limits = try limits()
        let limit = try fields.limit()
        let query = try query()
        let prepared: PreparedQuery
        do throws(PromQLError) { prepared = try query.prepared(at: time, limits: limits) } catch {
            throw QueryFailure(error)
        }
        return try await evaluate(prepared, at: time, limit: limit)
    }

    private func range() async throws(QueryFailure) -> HotReply {
        let start = try fields.time("start")
        let end = try fields.time("end")
        guard end >= start else { throw .parameter("end", "end timestamp must not be before start time") }
        guard let step = try fields.duration("step") else {
            throw .parameter("step", "cannot parse \"\" to a valid duration")
        }
        guard step > 0 else {
            throw .parameter(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        guard (end - start) / step <= QueryCall.maximumPoints else {
            throw .bad(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            )
        }
        let limits = try limits()
        let limit = try fields.limit()
        let query = try query()
        let prepared: PreparedQuery
        do throws(PromQLError) {
            prepared = try query.prepared(from: start, through: end, step: step, limits: limits)
        } catch {
            throw QueryFailure(error)
        }
        return try await evaluate(prepared, at: 0, limit: limit)
    }

    private func evaluate(_ prepared: PreparedQuery, at time: Int64, limit: Int) async throws(QueryFailure) -> HotReply
    {
        let began = monotonicNanoseconds()
        let sets = try await run.selected(prepared, desk.keeper)
        let selected = monotonicNanoseconds()
        var result = try run.evaluated(prepared, sets)
        if result.cut(to: limit) { result.warnings.append(QueryBody.cutWarning) }
        guard result.roughBytes <= QueryCall.maximumAnswer else {
            throw .tooLarge
        }
        let statistics = QueryStatistics(
            queue: Double(began - run.began) / 1e9, preparation: Double(selected - began) / 1e9,
            evaluation: Double(monotonicNanoseconds() - selected) / 1e9)
        return HotReply(
            json: QueryBody.success(result, at: time, statistics: fields["stats"] == nil ? nil : statistics))
    }

    func selected(_ request: SelectRequest) async throws(QueryFailure) -> any SeriesSet {
        try await run.selected(request, desk.keeper)
    }
}

extension QueryResult {
    /// Leaves out the series beyond a limit; says whether there were any. 0 is no limit.
    fileprivate mutating func cut(to limit: Int) -> Bool {
        guard limit > 0 else { return false }
        switch value {
        case .vector(let elements) where elements.count > limit: value = .vector(Array(elements.prefix(limit)))
        case .matrix(let series) where series.count > limit: value = .matrix(Array(series.prefix(limit)))
        default: return false
        }
        return true
    }

    /// What it takes as JSON, more or less.
    fileprivate var roughBytes: Int {
        func histogram(_ histogram: FloatHistogram) -> Int {
            100 + 60 * (histogram.positiveBuckets.count + histogram.negativeBuckets.count)
        }
        switch value {
        case .scalar: return 50
        case .string(let text): return text.utf8.count
        case .vector(let elements):
            return elements.reduce(0) { $0 + $1.labels.bytes.count * 2 + 60 + ($1.histogram.map(histogram) ?? 0) }
        case .matrix(let series):
            return series.reduce(0) { sum, series in
                let histograms = series.histograms.reduce(0) { $0 + histogram($1.value) }
                return sum + series.labels.bytes.count * 2 + 30 * series.times.count + histograms
            }
        }
    }
}
