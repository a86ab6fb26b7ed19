import NIOCore
import NIOHTTP1
import NIOPosix
import Ports
import Synchronization
import Wire

/// Hands what agents scraped to the control plane on threads of its own: taking it in waits for the store's lock, which an event
/// loop must never do.
///
/// What may wait is bounded: altogether in bytes, and of one host one body, as an agent sends one after the other. It is answered
/// when it is on the disk, which no thread waits for. An agent that is refused keeps its samples and sends them again.
final class SampleLane: Sendable {
    /// Bodies that may wait to be taken in, in bytes.
    static let budget = 64 << 20
    private static let threadCount = 2
    /// A disk that takes longer is out of order: the agent is told to come again.
    private static let patience = TimeAmount.seconds(10)

    private struct State {
        var hosts: Set<String> = []
        var bytes = 0
        var isStarted = false
    }

    private let gateway: any AgentGateway
    private let pool = NIOThreadPool(numberOfThreads: SampleLane.threadCount)
    private let state = Mutex(State())

    init(_ gateway: any AgentGateway) { self.gateway = gateway }

    /// - Throws: 503 when too much waits.
    func take(
        _ body: [UInt8], host: String, agent: String, on loop: any EventLoop
    ) throws(Refusal) -> HotWork {
        try enter(host, body.count)
        let promise = loop.makePromise(of: HotReply.self)
        // What is answered later still, when the disk is back, changes nothing: a promise keeps its first answer.
        let late = loop.scheduleTask(in: SampleLane.patience) { promise.succeed(.refusal(SampleLane.overloaded)) }
        promise.futureResult.whenComplete { _ in late.cancel() }
        let isWanted = Atomic<Bool>.Box(true)
        pool.submit { state in
            let size = body.count
            let answer = { @Sendable (reply: HotReply) in
                // Before the answer, which the host's next body may follow at once.
                self.leave(host, size)
                promise.succeed(reply)
            }
            // Nobody waits for the answer any longer: the agent sends it again.
            guard case .active = state, isWanted.value.load(ordering: .relaxed) else {
                return answer(.refusal(SampleLane.overloaded))
            }
            do throws(Problem) {
                try self.gateway.samples(host: host, agent: agent, body: body) { problem in
                    answer(problem.map { .refusal(SampleLane.unkept($0)) } ?? HotReply(.noContent))
                }
            } catch {
                answer(.refusal(error.kind == .unavailable ? SampleLane.unkept(error) : Refusal(error)))
            }
        }
        return HotWork(reply: promise.futureResult) { isWanted.value.store(false, ordering: .relaxed) }
    }

    private func enter(_ host: String, _ size: Int) throws(Refusal) {
        let (isFree, starts) = state.withLock { state in
            guard state.bytes + size <= SampleLane.budget, state.hosts.insert(host).inserted else {
                return (false, false)
            }
            state.bytes += size
            defer { state.isStarted = true }
            return (true, !state.isStarted)
        }
        guard isFree else { throw SampleLane.overloaded }
        if starts { pool.start() }
    }

    private func leave(_ host: String, _ size: Int) {
        state.withLock { state in
            state.hosts.remove(host)
            state.bytes -= size
        }
    }

    private static let overloaded = unkept(
        Problem(.unavailable, "samples that came before wait to be taken in", hint: "Try again in a few seconds."))

    /// Not for good: the agent sends them again.
    private static func unkept(_ problem: Problem) -> Refusal {
        Refusal(status: 503, problem: problem, headers: [("retry-after", "2")])
    }

    /// Ends the threads. No connection may be left.
    func shutDown() async { try? await pool.shutdownGracefully() }
}

extension HotReply {
    fileprivate static func refusal(_ refusal: Refusal) -> HotReply {
        var reply = HotReply(
            json: JSONText.encode(refusal.problem), status: HTTPResponseStatus(statusCode: refusal.status))
        for (name, value) in refusal.headers { reply.headers.replaceOrAdd(name: name, value: value) }
        return reply
    }
}

extension Atomic where Value == Bool {
    /// A flag that closures can share.
    fileprivate final class Box: Sendable {
        let value: Atomic<Bool>

        init(_ value: Bool) { self.value = Atomic(value) }
    }
}
