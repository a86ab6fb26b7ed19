import Series
import Synchronization
import Values

/// What was fetched so far, for somebody who asks at once; notes what else he asks for.
final class ReadAhead: Queryable {
    typealias Known = [SelectRequest: Result<FetchedSeries, QueryError>]

    private let known: Known
    private let missing = Mutex<Set<SelectRequest>>([])

    init(_ known: Known) { self.known = known }

    var wanted: Set<SelectRequest> { missing.withLock { $0 } }

    func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        if let found = known[request] { return try found.get() }
        missing.withLock { _ = $0.insert(request) }
        throw .unavailable("it is being fetched")
    }
}

extension RemoteBackend {
    /// So many requests are under way at once.
    private static let concurrency = 8
    /// No check asks for more, one after the other.
    private static let rounds = 32

    /// Lets `body` read, fetches what it missed, and lets it read again, for as long as `timeout` allows.
    func reading<Result: Sendable>(_ body: @Sendable (any Queryable) -> Result) async -> Result {
        let deadline = ContinuousClock.now + .milliseconds(timeout.milliseconds)
        var known: ReadAhead.Known = [:]
        for _ in 0..<RemoteBackend.rounds {
            let ahead = ReadAhead(known)
            let result = body(ahead)
            let wanted = ahead.wanted
            if wanted.isEmpty { return result }
            await fetch(Array(wanted), into: &known, until: deadline)
        }
        return body(ReadAhead(known))
    }

    private func fetch(
        _ wanted: [SelectRequest], into known: inout ReadAhead.Known, until deadline: ContinuousClock.Instant
    ) async {
        await withTaskGroup(of: (SelectRequest, Swift.Result<FetchedSeries, QueryError>).self) { group in
            var rest = wanted[...]
            func start() {
                guard let request = rest.popFirst() else { return }
                group.addTask { (request, await self.fetched(request, until: deadline)) }
            }
            for _ in 0..<RemoteBackend.concurrency { start() }
            while let (request, result) = await group.next() {
                known[request] = result
                start()
            }
        }
    }

    private func fetched(
        _ request: SelectRequest, until deadline: ContinuousClock.Instant
    ) async -> Swift.Result<FetchedSeries, QueryError> {
        let left = ContinuousClock.now.duration(to: deadline).components
        let period = Period.milliseconds(left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000)
        guard period > .zero else {
            return .failure(.unavailable("the metrics backend \(address): not all could be read within \(timeout)"))
        }
        do throws(QueryError) {
            return .success(try await fetch(request, timeout: period))
        } catch {
            return .failure(error)
        }
    }
}
