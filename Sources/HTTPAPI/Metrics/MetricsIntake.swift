import NIOCore
import NIOHTTP1
import NIOPosix
import Ports
import Synchronization

/// Brings metrics in on threads of its own, and answers when they are on the disk: event loops read and write only.
final class MetricsIntake: Sendable {
    /// Bodies that may wait to be taken in, in bytes.
    private static let budget = 64 << 20
    private static let threadCount = 2

    private let keeper: any MetricsKeeper
    private let pool = NIOThreadPool(numberOfThreads: MetricsIntake.threadCount)
    private let waiting = Atomic(0)
    /// Decoders and batches keep their memory from request to request.
    private let kits = Mutex<[IntakeKit]>([])

    init(_ keeper: any MetricsKeeper) {
        self.keeper = keeper
        pool.start()
    }

    /// Takes a body in. What was not answered with success may be sent again.
    func take(_ route: MetricsRoute, _ head: HTTPRequestHead, _ body: ByteBuffer, on loop: any EventLoop) -> HotWork {
        let promise = loop.makePromise(of: HotReply.self)
        // Once it is taken in, it stays: a client that has gone away changes nothing.
        let work = HotWork(reply: promise.futureResult) {}
        let intake: Intake
        do throws(IntakeFailure) { intake = try Intake(route, head) } catch {
            promise.succeed(error.reply(Intake.errorForm(route, head)))
            return work
        }
        let size = body.readableBytes
        guard waiting.add(size, ordering: .relaxed).newValue <= MetricsIntake.budget else {
            waiting.subtract(size, ordering: .relaxed)
            let failure = IntakeFailure(503, "too much waits to be taken in: try again later", retryAfter: 1)
            promise.succeed(failure.reply(intake.form))
            return work
        }
        pool.submit { _ in
            self.perform(intake, body, promise)
            self.waiting.subtract(size, ordering: .relaxed)
        }
        return work
    }

    private func perform(_ intake: Intake, _ body: ByteBuffer, _ promise: EventLoopPromise<HotReply>) {
        var kit = kits.withLock { $0.popLast() } ?? IntakeKit()
        defer { kits.withLock { if $0.count < MetricsIntake.threadCount { $0.append(kit) } } }
        do throws(IntakeFailure) {
            try kit.decode(intake, body, at: currentTime())
            do throws(MetricsRefusal) {
                let report = try keeper.takeInParts(kit.batch, now: currentTime())
                let reply = IntakeOutcome(kit.batch, report).reply(intake.form)
                keeper.whenKept { problem in
                    promise.succeed(problem.map { IntakeFailure($0).reply(intake.form) } ?? reply)
                }
            } catch {
                throw IntakeFailure(error)
            }
        } catch {
            promise.succeed(error.reply(intake.form))
        }
        kit.trim()
    }

    func shutDown() async { try? await pool.shutdownGracefully() }
}
