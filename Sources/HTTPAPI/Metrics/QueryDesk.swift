import NIOCore
import NIOHTTP1
import PromQL
import Series
import Synchronization

/// Has queries evaluated on threads of their own: never more than may run at once, the others in the order in which they came.
final class QueryDesk: Sendable {
    private struct Job: Sendable {
        let run: QueryRun
        let work: @Sendable (QueryRun) async -> Void
        /// Called instead of `work` when it does not come to that.
        let refuse: @Sendable (QueryFailure) -> Void
    }

    private struct State {
        var running = 0
        /// Those whose turn it is, and those who wait for it.
        var ready = CircularBuffer<Job>()
        var queue = CircularBuffer<Job>()
        var isClosed = false
    }

    let serving: QueryServing
    private let state = Mutex(State())
    /// Samples that all queries hold.
    private let held = Atomic(0)
    private let threads: QueryThreads
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ serving: QueryServing) {
        self.serving = serving
        threads = QueryThreads(count: serving.concurrency)
        (wakes, wake) = AsyncStream.makeStream(of: Void.self)
    }

    /// Has something done on a query thread, now or when it is its turn.
    /// - Parameter timeout: in milliseconds, its waiting included; never more than the server's own.
    /// - Parameter refuse: called instead of `work`, at once or later, when there is no turn for it.
    /// - Parameter isWanted: asked again and again; when nobody waits for it any longer, it is ended.
    /// - Returns: what it can be ended by.
    func submit(
        timeout: Int64?, isWanted: @escaping @Sendable () -> Bool = { true },
        refuse: @escaping @Sendable (QueryFailure) -> Void,
        _ work: @escaping @Sendable (QueryRun) async -> Void
    ) -> QueryRun {
        let limit = min(timeout ?? .max, serving.timeout)
        let run = QueryRun(
            deadline: monotonicNanoseconds() + limit * 1_000_000, heldByAll: self, isWanted: isWanted)
        let job = Job(run: run, work: work, refuse: refuse)
        let refusal: QueryFailure? = state.withLock { state in
            if state.isClosed { return .ending }
            if state.running < serving.concurrency {
                state.running += 1
                state.ready.append(job)
                wake.yield()
            } else if state.queue.count < serving.waiting {
                state.queue.append(job)
            } else {
                let message = "\(state.running) queries run and \(state.queue.count) wait: try again later"
                return QueryFailure(status: 503, type: "unavailable", message: message, retryAfter: 2)
            }
            return nil
        }
        if let refusal { refuse(refusal) }
        return run
    }

    /// The same for an answer to a connection.
    func submit(
        on loop: any EventLoop, timeout: Int64?, _ work: @escaping @Sendable (QueryRun) async -> HotReply
    ) -> HotWork {
        let promise = loop.makePromise(of: HotReply.self)
        let run = submit(timeout: timeout) {
            promise.succeed($0.reply)
        } _: {
            promise.succeed(await work($0))
        }
        return HotWork(reply: promise.futureResult) { run.cancel() }
    }

    /// Evaluates until `close`, or until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await _ in wakes {
                guard let job = state.withLock({ $0.ready.popFirst() }) else { continue }
                group.addTask(executorPreference: threads) {
                    await self.perform(job)
                    self.next()
                }
            }
        }
        close()
    }

    private func perform(_ job: Job) async {
        switch job.run.interruption {
        case .cancelled:
            job.refuse(QueryFailure(status: 503, type: "canceled", message: "query was canceled in query queue"))
        case .timedOut:
            job.refuse(QueryFailure(status: 503, type: "timeout", message: "query timed out in query queue"))
        case nil: await job.work(job.run)
        }
        job.run.end()
    }

    private func next() {
        state.withLock { state in
            if let job = state.queue.popFirst() {
                state.ready.append(job)
                wake.yield()
            } else {
                state.running -= 1
            }
        }
    }

    /// Takes no more, and answers those that wait.
    private func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { (state.ready, state.queue) = (CircularBuffer(), CircularBuffer()) }
            return Array(state.ready) + Array(state.queue)
        }
        wake.finish()
        for job in left { job.refuse(.ending) }
    }

    func shutDown() async { await threads.shutDown() }

    /// Changes how many samples are held by all; says no when there are too many.
    func reserve(_ samples: Int) -> Bool {
        held.add(samples, ordering: .relaxed).newValue <= serving.allSamples || samples <= 0
    }
}

/// One query on its way.
final class QueryRun: Sendable {
    /// Of the monotonic clock, in nanoseconds.
    let deadline: Int64
    let began = monotonicNanoseconds()
    private let isCancelled = Atomic(false)
    private let held = Atomic(0)
    /// What is held beside samples, in bytes, and for how many samples it counts.
    private let bytes = Atomic(0)
    private let counted = Atomic(0)
    private let mostSamples: Int
    private let desk: QueryDesk
    private let isWanted: @Sendable () -> Bool

    init(deadline: Int64, heldByAll desk: QueryDesk, isWanted: @escaping @Sendable () -> Bool) {
        self.deadline = deadline
        self.desk = desk
        mostSamples = desk.serving.samples
        self.isWanted = isWanted
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Why it should end at once, if it should.
    var interruption: Interruption? {
        if isCancelled.load(ordering: .relaxed) || !isWanted() { return .cancelled }
        return monotonicNanoseconds() >= deadline ? .timedOut : nil
    }

    func reserve(_ samples: Int) -> Bool {
        held.add(samples, ordering: .relaxed)
        return desk.reserve(samples)
    }

    /// Told of every change of what is held beside samples, in bytes; says why the query should end, if it should.
    func keep(_ bytes: Int) -> QueryError? {
        switch interruption {
        case .cancelled: return .cancelled
        case .timedOut: return .timedOut
        case nil: break
        }
        // Of bytes only more than a few are counted: most searches find little.
        let all = self.bytes.add(bytes, ordering: .relaxed).newValue
        let wanted = all > QueryRun.free ? all / QueryRun.bytesPerSample : 0
        let change = wanted - counted.exchange(wanted, ordering: .relaxed)
        guard change != 0 else { return nil }
        return reserve(change) && wanted <= mostSamples ? nil : .tooMuchMemory
    }

    private static let bytesPerSample = 16
    private static let free = 1 << 20

    /// Gives back what it still holds.
    fileprivate func end() { _ = desk.reserve(-held.exchange(0, ordering: .relaxed)) }
}
