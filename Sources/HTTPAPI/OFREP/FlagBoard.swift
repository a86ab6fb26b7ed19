import Flags
import NIOCore
import Ports
import Synchronization

/// One environment as OFREP serves it: its encoded answers, and the streams that hear of its changes.
final class FlagBoard: FlagSink {
    /// What answers are made of, as of one moment.
    final class Face: Sendable {
        let sheet: AnswerSheet
        /// Opens the environment's event stream to who got it in a bulk answer: a browser can send no token with such a
        /// request.
        let ticket: String
        /// The end of every bulk answer, after the metadata: where the event stream is.
        let streamsJSON: [UInt8]

        fileprivate init(_ sheet: AnswerSheet, ticket: String) {
            self.sheet = sheet
            self.ticket = ticket
            let stream =
                "{\"type\":\"sse\",\"endpoint\":{\"requestUri\":\"\(OFREPRoute.eventsPath)?ticket=\(ticket)\"},"
            streamsJSON = Array(",\"eventStreams\":[\(stream)\"inactivityDelaySec\":120}]}".utf8)
        }
    }

    let feed: any FlagFeed

    private struct State {
        var face: Face
        /// The ticket before the present one, which opens the stream too.
        var lastTicket: String?
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// Whether a frame was sent less than `pause` ago.
        var isPausing = false
        /// Whether another set has come since.
        var isWaiting = false
        var isEnded = false
    }

    private let state: Mutex<State>
    /// Grows with every face, so that event loops keep theirs as long as it holds.
    private let version = Atomic<UInt64>(1)
    /// Held while a sheet is made: never by an event loop that answers, and no older sheet comes after a newer one.
    private let making = Mutex(())
    private let eventLoop: any EventLoop
    /// Changes that come closer together than this are told as one.
    private static let pause = TimeAmount.milliseconds(50)
    /// A ticket is handed out for so long, and opens the stream for twice as long: whose token was revoked has none then.
    static let ticketLife = TimeAmount.minutes(15)

    /// Called when the environment is deleted.
    private let whenEnded: @Sendable (FlagBoard) -> Void

    init(feed: any FlagFeed, eventLoop: any EventLoop, whenEnded: @escaping @Sendable (FlagBoard) -> Void) {
        self.whenEnded = whenEnded
        self.feed = feed
        self.eventLoop = eventLoop
        state = Mutex(State(face: Face(AnswerSheet(feed.cell.snapshot), ticket: FlagBoard.freshTicket())))
        feed.subscribe(self)
        // What was published before that was heard of by nobody.
        renew()
        changeTicketLater()
    }

    // MARK: Answers

    /// What an event loop answers with; it keeps one for itself, and so takes no lock until there is another one.
    struct Kept {
        fileprivate var version: UInt64 = 0
        fileprivate var face: Face?
    }

    func face(_ kept: inout Kept) -> Face {
        let newest = version.load(ordering: .acquiring)
        if let known = kept.face, kept.version == newest { return known }
        let present = face
        kept.version = newest
        kept.face = present
        return present
    }

    var face: Face { state.withLock { $0.face } }

    /// Makes the answers of the newest set. Takes long for a large one.
    private func renew() {
        making.withLock { _ in
            let newest = feed.cell.snapshot
            if state.withLock({ $0.face.sheet.snapshot === newest }) { return }
            let sheet = AnswerSheet(newest)
            state.withLock { $0.face = Face(sheet, ticket: $0.face.ticket) }
            version.wrappingAdd(1, ordering: .releasing)
        }
    }

    // MARK: Tickets

    /// Whether a ticket opens the event stream. Takes the same time for every ticket of the same length.
    func isOpened(by ticket: String) -> Bool {
        let (present, last) = state.withLock { ($0.face.ticket, $0.lastTicket) }
        let isPresent = FlagBoard.isSame(present, ticket)
        let isLast = last.map { FlagBoard.isSame($0, ticket) } ?? false
        return isPresent || isLast
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func freshTicket() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    }

    func changeTicket() {
        state.withLock { state in
            state.lastTicket = state.face.ticket
            state.face = Face(state.face.sheet, ticket: FlagBoard.freshTicket())
        }
        version.wrappingAdd(1, ordering: .releasing)
    }

    private func changeTicketLater() {
        eventLoop.scheduleTask(in: FlagBoard.ticketLife) { [weak self] in
            guard let self, !self.isEnded else { return }
            self.changeTicket()
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
