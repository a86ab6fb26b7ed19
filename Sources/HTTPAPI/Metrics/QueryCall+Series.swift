import Ports
import QueryJSON
import Series

/// What series there are, and what is known about them.
extension QueryCall {
    func series() async throws(QueryFailure) -> HotReply {
        let lists = try fields.matchers()
        guard !lists.isEmpty else { throw .bad("no match[] parameter provided") }
        let (after, through) = try fields.stretch()
        let limit = try fields.limit()
        var found: Set<Labels> = []
        var meter = MetricsMeter()
        var bytes = 0
        search: for matchers in lists {
            var request = SelectRequest(matchers: matchers, after: after, through: through)
            request.onlyLabels = true
            // One more than wanted, to know whether there are more.
            request.enoughSeries = limit > 0 ? limit + 1 : 0
            let set = try await selected(request)
            for index in 0..<set.count {
                let labels = set.labels(index)
                guard found.insert(labels).inserted else { continue }
                bytes += 2 * labels.bytes.count + 20
                if limit > 0, found.count > limit { break search }
                guard found.count % 1024 == 0 else { continue }
                // The labels are the store's: held are the references to them, and the answer.
                do throws(QueryError) { try meter.note(held: 32 * found.capacity + bytes) } catch {
                    throw QueryFailure(error)
                }
            }
        }
        guard bytes <= QueryCall.maximumAnswer else { throw .tooLarge }
        let sorted = found.sorted()
        let isCut = limit > 0 && sorted.count > limit
        return HotReply(json: QueryBody.series(isCut ? Array(sorted.prefix(limit)) : sorted, isCut: isCut))
    }

    func labels() async throws(QueryFailure) -> HotReply {
        let lists = try fields.matchers()
        let (after, through) = try fields.stretch()
        let limit = try fields.limit()
        let asked = limit > 0 ? limit + 1 : 0
        var texts: [String]
        do throws(QueryError) {
            if case .labelValues(let label) = route {
                texts = try await desk.keeper.labelValues(
                    EscapedName.plain(label), lists, after: after, through: through, limit: asked)
            } else {
                texts = try await desk.keeper.labelNames(lists, after: after, through: through, limit: asked)
            }
        } catch {
            throw QueryFailure(error)
        }
        let isCut = limit > 0 && texts.count > limit
        if isCut { texts.removeLast(texts.count - limit) }
        guard texts.reduce(0, { $0 + $1.utf8.count + 3 }) <= QueryCall.maximumAnswer else { throw .tooLarge }
        return HotReply(json: QueryBody.texts(texts, isCut: isCut))
    }

    /// Here 0 is a limit: nothing. A negative number is none.
    func metadata() async throws(QueryFailure) -> HotReply {
        let limit = try fields.number("limit") ?? -1
        // Of each metric one description is kept: only a limit of none could matter, and Prometheus takes 0 for no limit.
        _ = try fields.number("limit_per_metric")
        guard limit != 0 else { return HotReply(json: QueryBody.metadata([])) }
        do throws(QueryError) {
            return HotReply(
                json: QueryBody.metadata(try await desk.keeper.metadata(fields["metric"], limit: max(0, limit))))
        } catch {
            throw QueryFailure(error)
        }
    }
}
