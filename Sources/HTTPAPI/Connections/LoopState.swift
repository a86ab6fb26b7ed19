import NIOCore
import Synchronization

/// What the connections of one event loop share: the timer wheel, the letter box for their streams, and budgets.
///
/// `@unchecked Sendable`: everything but `letters` and the constants is touched only on `eventLoop`.
final class LoopState: @unchecked Sendable {
    /// Bodies of hot requests that may be in memory at once, per event loop.
    static let bodyBudget = 64 << 20

    let eventLoop: any EventLoop
    let frames: StreamFrames
    private let letters = Mutex<[Letter]>([])

    private var wheel = TickWheel()
    private var timer: RepeatedTask?
    private(set) var isClosing = false
    /// The value of `Date` headers, renewed every second.
    private(set) var date = httpDate(secondsSinceEpoch: currentSeconds())
    /// Bytes of hot bodies being collected.
    var bodyBytes = 0
    var flagAnswers = FlagAnswers()
    /// Where answers of the `FlagLane` are written. Its memory is used again once an answer has gone out.
    var flagOutput = ByteBuffer()

    struct Letter {
        var stream: EventStream
        var message: EventStream.Message
    }

    init(eventLoop: any EventLoop, frames: StreamFrames) {
        self.eventLoop = eventLoop
        self.frames = frames
    }

    var tick: Int { wheel.tick }

    // MARK: From any thread

    /// Puts something into a stream's hands. Only the first letter of a batch wakes the event loop.
    func post(_ message: EventStream.Message, to stream: EventStream) {
        let isFirst = letters.withLock { letters in
            letters.append(Letter(stream: stream, message: message))
            return letters.count == 1
        }
        if isFirst { eventLoop.execute { self.deliver() } }
    }

    func start() {
        eventLoop.execute {
            self.timer = self.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                self.advance()
            }
        }
    }

    /// Ends the streams with a farewell and the idle connections; busy ones close after their answer.
    func beginClosing() {
        eventLoop.execute {
            self.isClosing = true
            for entry in self.wheel.entries { (entry as? any ClosableConnection)?.beginClosing() }
        }
    }

    /// Closes whatever is still open.
    func closeAll() -> EventLoopFuture<Void> {
        eventLoop.submit {
            self.isClosing = true
            for entry in self.wheel.entries { (entry as? any ClosableConnection)?.closeNow() }
            self.timer?.cancel()
        }
    }

    // MARK: On the event loop

    func hang(_ entry: any WheelEntry, in seconds: Int) { wheel.add(entry, in: seconds) }

    /// An empty buffer, with room in front for the answer's head.
    func startFlagOutput() {
        if flagOutput.capacity > 1 << 20 { flagOutput = ByteBuffer() }
        flagOutput.clear(minimumCapacity: 2 << 10)
        flagOutput.moveWriterIndex(to: FlagResponseHead.room)
    }

    func takeDown(_ entry: any WheelEntry) { wheel.remove(entry) }

    private func deliver() {
        let batch = letters.withLock { letters in
            let batch = letters
            letters = []
            return batch
        }
        for place in batch.indices {
            let stream = batch[place].stream
            stream.take(batch[place].message)
            // One flush for what a stream got in a row, and at once: what it needs is in the processor's cache now.
            if place + 1 == batch.count || batch[place + 1].stream !== stream { stream.flush() }
        }
    }

    private func advance() {
        date = httpDate(secondsSinceEpoch: currentSeconds())
        frames.forget()
        for entry in wheel.advance() {
            if let seconds = entry.ring(tick: wheel.tick) { wheel.add(entry, in: seconds) }
        }
    }
}

/// A connection as the shutdown sees it. Confined to its event loop.
protocol ClosableConnection: AnyObject {
    /// No new work: close when idle, else after the answer in progress.
    func beginClosing()
    func closeNow()
}
