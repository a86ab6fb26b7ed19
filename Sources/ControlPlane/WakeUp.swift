import Synchronization
import Values

/// Lets a driver sleep until its next tick, or until something happens.
final class WakeUp: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func signal() {
        continuation.yield()
    }

    /// Calls `body` after every signal and at least every `period`, but never more often than `pause`, until cancelled.
    func drive(every period: Period, atMostEvery pause: Period, _ body: () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [continuation] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(period.milliseconds))
                    continuation.yield()
                }
            }
            for await _ in stream {
                if Task.isCancelled { break }
                await body()
                if pause > .zero { try? await Task.sleep(for: .milliseconds(pause.milliseconds)) }
            }
            group.cancelAll()
        }
    }
}
