import Forwarding
import FoundationEssentials
public import Logging
import MetricsFormats
import NIOHTTP1
public import Ports
import Synchronization
public import Values
public import Wire

/// Sends what waits in a queue to one receiver by remote write 1.0, in its order, each batch until it is taken or refused for good.
public final class RemoteWriter: Sendable {
    private struct State {
        var condition: DeliveryCondition
        /// The statuses of refusals that were told of.
        var told: Set<Int> = []
    }

    private let client: BackendClient
    private let queue: any OutgoingSamples
    private let receiver: Int
    private let options: SendTurn.Options
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    private static let timeout = Period.seconds(30)
    private static let answerLimit = 64 << 10

    /// - Parameter receiver: its place in the queue.
    /// - Throws: when what the settings name cannot be read.
    public init(
        _ settings: BackendSettings, queue: any OutgoingSamples, receiver: Int, release: String, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) throws(Problem) {
        client = try BackendClient(settings, release: release)
        (self.queue, self.receiver, self.logger, self.clock) = (queue, receiver, logger, clock)
        options = SendTurn.Options()
        state = Mutex(State(condition: DeliveryCondition(destination: settings.shown)))
    }

    public func condition() -> DeliveryCondition {
        var condition = state.withLock { $0.condition }
        condition.queue = queue.condition(receiver)
        return condition
    }

    /// Sends until the task is cancelled. What waits then stays in the queue.
    public func run() async {
        var turn = SendTurn(options)
        while !Task.isCancelled {
            switch turn.next(pending: queue.condition(receiver).pending, at: clock()) {
            case .wait(let until): await rest(until: until)
            case .send: await send(&turn)
            }
        }
    }

    public func shutDown() async { await client.shutDown() }

    /// Not for long: something may be appended meanwhile.
    private func rest(until time: Timestamp?) async {
        let longest = Period.milliseconds(250)
        let wait = max(.milliseconds(5), min(time.map { $0 - clock() } ?? longest, longest))
        try? await Task.sleep(for: .milliseconds(wait.milliseconds))
    }

    private func send(_ turn: inout SendTurn) async {
        let batch: OutgoingBatch
        do throws(MetricsRefusal) {
            // What was just appended is not on the disk yet.
            guard let next = try queue.next(receiver, samples: options.batch) else { return await rest(until: nil) }
            batch = next
        } catch {
            return fail(&turn, "the queue cannot be read: \(error)", asked: nil)
        }
        switch await post(batch.body.bytes) {
        case .delivered: finish(&turn, batch, refused: 0)
        case .later(let problem, let asked): fail(&turn, problem, asked: asked)
        case .refused(let status, let problem):
            tell(status, problem)
            guard let refused = await sendPieces(of: batch, &turn) else { return }
            finish(&turn, batch, refused: refused)
        }
    }

    /// Sends what a receiver takes of a batch that it refused as a whole. Answers how many samples it does not take; `nil` when the
    /// task was cancelled meanwhile.
    private func sendPieces(of batch: OutgoingBatch, _ turn: inout SendTurn) async -> Int? {
        var decoder = RemoteWriteDecoder(bodyLimit: .max)
        var samples = IngestBatch()
        let isRead = batch.body.bytes.withUnsafeBytes {
            (try? decoder.decode(unpacked: $0, .one, into: &samples)) != nil
        }
        guard isRead else { return batch.body.samples }
        var halving = Halving(count: samples.times.count)
        while let range = halving.next {
            guard !Task.isCancelled else { return nil }
            if case .wait(let until) = turn.next(pending: options.batch, at: clock()) {
                await rest(until: until)
                continue
            }
            switch await post(RemoteWriteEncoder.body(samples, samples: range).bytes) {
            case .delivered:
                turn.succeeded()
                halving.delivered()
            case .refused(let status, let problem):
                tell(status, problem)
                turn.succeeded()
                halving.refused()
            case .later(let problem, let asked): fail(&turn, problem, asked: asked)
            }
        }
        return halving.lost
    }

    private enum Outcome {
        case delivered
        case later(String, asked: Period?)
        case refused(Int, String)
    }

    private func post(_ body: [UInt8]) async -> Outcome {
        do throws(BackendClient.Failure) {
            let answer = try await client.ask(
                "",
                headers: [
                    ("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"),
                    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
                ], body: Snappy.encode(body), timeout: RemoteWriter.timeout, limit: RemoteWriter.answerLimit)
            let said =
                String(decoding: answer.body.prefix(300), as: UTF8.self)
                .split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
            let words = "status \(answer.status)\(said)"
            switch SendAnswer(status: answer.status) {
            case .delivered: return .delivered
            case .refused: return .refused(answer.status, words)
            case .later:
                let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                let asked = answer.headers.first(name: "retry-after").flatMap { retryAfter($0, now: now) }
                return .later(words, asked: asked)
            }
        } catch {
            return .later(error.reason, asked: nil)
        }
    }

    private func finish(_ turn: inout SendTurn, _ batch: OutgoingBatch, refused: Int) {
        queue.advance(receiver, past: batch)
        turn.succeeded()
        let recovered = state.withLock { state in
            defer { state.condition.problem = nil }
            state.condition.delivered += batch.body.samples - refused
            state.condition.refused += refused
            state.condition.newestTime = max(state.condition.newestTime ?? .min, batch.body.newestTime)
            return state.condition.problem != nil
        }
        if recovered { logger.notice("remote write to \(client.settings.shown) goes on again") }
    }

    /// Said once, not with every attempt.
    private func fail(_ turn: inout SendTurn, _ problem: String, asked: Period?) {
        guard !Task.isCancelled else { return }
        turn.failed(asked: asked, at: clock(), fraction: .random(in: 0...1))
        let isNew = state.withLock { state in
            defer { state.condition.problem = problem }
            state.condition.retries += 1
            return state.condition.problem == nil
        }
        if isNew {
            logger.warning(
                "remote write to \(client.settings.shown) fails, and is tried again; what comes in is queued: \(problem)"
            )
        }
    }

    private func tell(_ status: Int, _ problem: String) {
        guard state.withLock({ $0.told.insert(status).inserted }) else { return }
        logger.warning(
            "samples are refused by \(client.settings.shown) and not sent again (said once for each status): \(problem)"
        )
    }
}
