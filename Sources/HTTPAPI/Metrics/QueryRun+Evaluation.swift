import Ports
import PromQL
import Series

extension QueryRun {
    /// The series of every selection of a query.
    func selected(_ prepared: PreparedQuery, _ source: any SampleSource) async throws(QueryFailure) -> [any SeriesSet] {
        var sets: [any SeriesSet] = []
        for request in prepared.selections { sets.append(try await selected(request, source)) }
        return sets
    }

    func selected(_ request: SelectRequest, _ source: any SampleSource) async throws(QueryFailure) -> any SeriesSet {
        if let problem = keep(0) { throw QueryFailure(problem) }
        return try await whileWanted { () async throws(QueryError) in try await source.select(request) }
    }

    /// What the query gives, within the limits and until it is ended.
    func evaluated(_ prepared: PreparedQuery, _ sets: [any SeriesSet]) throws(QueryFailure) -> QueryResult {
        do throws(PromQLError) {
            return try prepared.evaluate(
                with: sets, interruption: { self.interruption }, reserve: { self.reserve($0) })
        } catch {
            throw QueryFailure(error)
        }
    }
}
