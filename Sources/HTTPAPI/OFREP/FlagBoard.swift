import Flags
import NIOCore
import Ports
import Synchronization

/// One environment as OFREP serves it: its encoded answers, and the streams that hear of its changes.
final class FlagBoard: FlagSink {
    let feed: any FlagFeed
    /// Opens the environment's event stream to who got it in a bulk answer: a browser can send no token with such a request.
    let ticket: String
    /// The end of every bulk answer, after the metadata: where the event stream is.
    let streamsJSON: [UInt8]

    private struct State {
        var sheet: AnswerSheet
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// Whether a frame was sent less than `pause` ago, and another set has come since.
        var isPausing = false
        var waiting: FlagSnapshot?
    }

    private let state: Mutex<State>
    private let eventLoop: any EventLoop
    /// Changes that come closer together than this are told as one.
    private static let pause = TimeAmount.milliseconds(50)

    init(feed: any FlagFeed, eventLoop: any EventLoop) {
        self.feed = feed
        self.eventLoop = eventLoop
        state = Mutex(State(sheet: AnswerSheet(feed.cell.snapshot)))
        var generator = SystemRandomNumberGenerator()
        let ticket = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
        self.ticket = ticket
        let stream = "{\"type\":\"sse\",\"endpoint\":{\"requestUri\":\"\(OFREPRoute.eventsPath)?ticket=\(ticket)\"},"
        streamsJSON = Array(",\"eventStreams\":[\(stream)\"inactivityDelaySec\":120}]}".utf8)
        feed.subscribe(self)
    }

    /// The answers of the newest set.
    var sheet: AnswerSheet {
        let newest = feed.cell.snapshot
        return state.withLock { state in
            if state.sheet.snapshot !== newest { state.sheet = AnswerSheet(newest) }
            return state.sheet
        }
    }

    // MARK: Streams

    /// The stream hears at once which set is the current one, unless it knows, and then of every change.
    func add(_ stream: EventStream, knows etag: String?) {
        state.withLock { $0.streams[ObjectIdentifier(stream)] = stream }
        let current = feed.cell.snapshot
        if etag != current.etag { stream.send(FlagBoard.frame(of: current)) }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    func published(_ change: FlagChange) {
        // Encoded here, not by the first request that needs it.
        _ = sheet
        let isFirst = state.withLock { state in
            if state.isPausing {
                state.waiting = change.snapshot
                return false
            }
            state.isPausing = true
            return true
        }
        guard isFirst else { return }
        tell(of: change.snapshot)
    }

    private func tell(of snapshot: FlagSnapshot) {
        let frame = FlagBoard.frame(of: snapshot)
        // One buffer for all of them.
        for stream in state.withLock({ Array($0.streams.values) }) { stream.send(frame) }
        eventLoop.scheduleTask(in: FlagBoard.pause) { self.afterPause() }
    }

    private func afterPause() {
        let next = state.withLock { state in
            let next = state.waiting
            state.waiting = nil
            state.isPausing = next != nil
            return next
        }
        if let next { tell(of: next) }
    }

    private static func frame(of snapshot: FlagSnapshot) -> ByteBuffer {
        StreamFrame.message(
            id: snapshot.etag, data: #"{"type":"refetchEvaluation","etag":"\#(snapshot.etag)"}"#)
    }
}
