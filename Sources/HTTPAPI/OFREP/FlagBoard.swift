import Flags
import NIOCore
import Ports
import Synchronization

/// One environment as OFREP serves it: its encoded answers, and the streams that hear of its changes.
final class FlagBoard: FlagSink {
    /// Opens the environment's event stream to who got it in a bulk answer: a browser can send no token with such a request.
    final class Ticket: Sendable {
        let text: String
        /// Whose it is; `nil` with `--dev`. It opens nothing once the token is revoked.
        let token: String?
        /// The end of every bulk answer to the token, after the metadata: where the event stream is.
        let streamsJSON: [UInt8]

        fileprivate init(_ token: String?) {
            self.token = token
            var generator = SystemRandomNumberGenerator()
            text = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
            let stream =
                "{\"type\":\"sse\",\"endpoint\":{\"requestUri\":\"\(OFREPRoute.eventsPath)?ticket=\(text)\"},"
            streamsJSON = Array(",\"eventStreams\":[\(stream)\"inactivityDelaySec\":120}]}".utf8)
        }
    }

    let feed: any FlagFeed

    private struct State {
        var sheet: AnswerSheet
        /// By their tokens.
        var tickets: [String?: Ticket] = [:]
        /// By their texts: those that are handed out, and those before them, which open the stream too.
        var known: [String: Ticket] = [:]
        var formerlyKnown: [String: Ticket] = [:]
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// Whether a frame was sent less than `pause` ago.
        var isPausing = false
        /// Whether another set has come since.
        var isWaiting = false
        var isEnded = false
    }

    private let state: Mutex<State>
    /// Grows with every sheet, so that event loops keep theirs as long as it holds.
    private let version = Atomic<UInt64>(1)
    /// Held while a sheet is made: never by an event loop that answers, and no older sheet comes after a newer one.
    private let making = Mutex(())
    private let eventLoop: any EventLoop
    /// Changes that come closer together than this are told as one.
    private static let pause = TimeAmount.milliseconds(50)
    /// A ticket is handed out for so long, and opens the stream for twice as long.
    static let ticketLife = TimeAmount.minutes(15)

    /// Called when the environment is deleted.
    private let whenEnded: @Sendable (FlagBoard) -> Void

    init(feed: any FlagFeed, eventLoop: any EventLoop, whenEnded: @escaping @Sendable (FlagBoard) -> Void) {
        self.whenEnded = whenEnded
        self.feed = feed
        self.eventLoop = eventLoop
        state = Mutex(State(sheet: AnswerSheet(feed.cell.snapshot)))
        feed.subscribe(self)
        // What was published before that was heard of by nobody.
        renew()
        changeTicketLater()
    }

    // MARK: Answers

    /// What an event loop answers with; it keeps one for itself, and so takes no lock until there is another one.
    struct Kept {
        fileprivate var version: UInt64 = 0
        fileprivate var sheet: AnswerSheet?
    }

    func sheet(_ kept: inout Kept) -> AnswerSheet {
        let newest = version.load(ordering: .acquiring)
        if let known = kept.sheet, kept.version == newest { return known }
        let present = sheet
        kept.version = newest
        kept.sheet = present
        return present
    }

    var sheet: AnswerSheet { state.withLock { $0.sheet } }

    /// Makes the answers of the newest set. Takes long for a large one.
    private func renew() {
        making.withLock { _ in
            let newest = feed.cell.snapshot
            if state.withLock({ $0.sheet.snapshot === newest }) { return }
            let sheet = AnswerSheet(newest)
            state.withLock { $0.sheet = sheet }
            version.wrappingAdd(1, ordering: .releasing)
        }
    }

    // MARK: Tickets

    /// What bulk answers to a token's holder hand out. There are no more of them than valid tokens.
    func ticket(for token: String?) -> Ticket {
        state.withLock { state in
            if let ticket = state.tickets[token] { return ticket }
            let ticket = Ticket(token)
            state.tickets[token] = ticket
            state.known[ticket.text] = ticket
            return ticket
        }
    }

    /// The ticket with this text, if it opens the event stream. Texts are too long to be found by trying.
    func ticket(_ text: String) -> Ticket? {
        state.withLock { $0.known[text] ?? $0.formerlyKnown[text] }
    }

    func changeTickets() {
        state.withLock { state in
            state.formerlyKnown = state.known
            (state.known, state.tickets) = ([:], [:])
        }
    }

    private func changeTicketLater() {
        eventLoop.scheduleTask(in: FlagBoard.ticketLife) { [weak self] in
            guard let self, !self.isEnded else { return }
            self.changeTickets()
            self.changeTicketLater()
        }
    }

    // MARK: Streams

    /// The stream hears at once which set is the current one, unless it knows, and then of every change.
    func add(_ stream: EventStream, knows etag: String?) {
        let isEnded = state.withLock { state in
            if !state.isEnded { state.streams[ObjectIdentifier(stream)] = stream }
            return state.isEnded
        }
        if isEnded { return stream.close() }
        let current = feed.cell.snapshot
        if etag != current.etag { stream.send(FlagBoard.frame(of: current)) }
    }

    func remove(_ stream: EventStream) {
        _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    func published(_ change: FlagChange) {
        renew()
        let isFirst = state.withLock { state in
            state.isWaiting = state.isPausing
            defer { state.isPausing = true }
            return !state.isPausing
        }
        if isFirst { tell() }
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    func ended() {
        let streams = state.withLock { state in
            state.isEnded = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.close() }
        whenEnded(self)
    }

    private func tell() {
        let frame = FlagBoard.frame(of: feed.cell.snapshot)
        // One buffer for all of them.
        for stream in state.withLock({ Array($0.streams.values) }) { stream.send(frame) }
        eventLoop.scheduleTask(in: FlagBoard.pause) { self.afterPause() }
    }

    private func afterPause() {
        let goesOn = state.withLock { state in
            state.isPausing = state.isWaiting
            state.isWaiting = false
            return state.isPausing
        }
        if goesOn { tell() }
    }

    private static func frame(of snapshot: FlagSnapshot) -> ByteBuffer {
        StreamFrame.message(
            id: snapshot.etag, data: #"{"type":"refetchEvaluation","etag":"\#(snapshot.etag)"}"#)
    }
}
