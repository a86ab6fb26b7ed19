import Flags
import NIOCore
import Values

/// Answers the plain OFREP requests of a connection before they come to the HTTP parser: bytes in, bytes out.
///
/// It stands in front of everything else and steps aside for good at the first request that is not one of its own: it hands
/// on the bytes that it has not answered, which begin with that request. So there are never two that read the same bytes.
/// What it answers, `FlagRequest` behind it would answer alike.
final class FlagLane: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request that is longer, head and body, goes the usual way.
    static let longest = 64 << 10

    private let loop: LoopState
    private let desk: FlagDesk
    private let counters: ServerCounters
    private let isTLS: Bool
    private let door: FrontDoor
    private var pending = ByteBuffer()
    private var admission = Admission()
    private var address = RemoteAddress(bits: 0)
    private var wantsToRead = false

    /// The last caller of this connection. Whoever sends the same headers again is let in without being looked up, for a second.
    private struct Admission {
        var headers: [UInt8] = []
        var tick = -1
        var board: FlagBoard?
        var bucket: UInt64 = 0
        var token: String?
        /// What bulk answers hand out; looked up with the first of them.
        var ticket: FlagBoard.Ticket?
    }

    init(loop: LoopState, desk: FlagDesk, counters: ServerCounters, isTLS: Bool, door: FrontDoor) {
        self.loop = loop
        self.desk = desk
        self.counters = counters
        self.isTLS = isTLS
        self.door = door
    }

    func handlerAdded(context: ChannelHandlerContext) {
        address = RemoteAddress(context.remoteAddress)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if pending.readableBytes > 0 {
            pending.writeBuffer(&bytes)
            bytes = pending
            pending = ByteBuffer()
        }
        while bytes.readableBytes > 0 {
            switch answer(&bytes) {
            case .answered: context.write(wrapOutboundOut(loop.flagOutput), promise: nil)
            case .incomplete:
                pending = bytes
                return
            case .notMine: return stepAside(context, bytes)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }

    /// A client that does not read its answers is not listened to.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { wantsToRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if wantsToRead, context.channel.isWritable {
            wantsToRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    private func stepAside(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        context.flush()
        if wantsToRead { context.read() }
        context.fireChannelRead(wrapInboundOut(bytes))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    // MARK: One request

    private enum Step {
        /// The answer is in the loop's output buffer.
        case answered
        case incomplete
        case notMine
    }

    private func answer(_ bytes: inout ByteBuffer) -> Step {
        if loop.isClosing { return .notMine }
        let (step, length) = bytes.withUnsafeReadableBytes { bytes -> (Step, Int) in
            switch PlainHead.read(bytes) {
            case .notPlain: return (.notMine, 0)
            case .incomplete: return (bytes.count <= FlagLane.longest ? .incomplete : .notMine, 0)
            case .plain(let head):
                let length = head.length + head.bodyLength
                guard length <= FlagLane.longest else { return (.notMine, 0) }
                guard bytes.count >= length else { return (.incomplete, 0) }
                return (answer(head, UnsafeRawBufferPointer(rebasing: bytes[..<length])) ? .answered : .notMine, length)
            }
        }
        if case .answered = step {
            bytes.moveReaderIndex(forwardBy: length)
            door.wasAnswered()
        }
        return step
    }

    /// Returns false when the request must go the usual way, which also words the refusals.
    private func answer(_ head: PlainHead, _ request: UnsafeRawBufferPointer) -> Bool {
        guard let board = admitted(head, request) else { return false }
        if let limiter = desk.limiter, limiter.take(admission.bucket, now: monotonicNanoseconds()) != nil {
            return false
        }
        let body = UnsafeRawBufferPointer(rebasing: request[head.length...])
        let path = UnsafeRawBufferPointer(rebasing: request[head.path])
        loop.startFlagOutput()
        let start = loop.flagOutput.writerIndex
        let outcome: FlagAnswers.Outcome
        switch head.route {
        case .flag(let key):
            let key = UnsafeRawBufferPointer(rebasing: path[key])
            outcome = loop.flagAnswers.flag(key, body: body, of: board, now: currentTime(), into: &loop.flagOutput)
            counters.countFlag(status: outcome.status)
        default:
            let known = head.ifNoneMatch.map { UnsafeRawBufferPointer(rebasing: request[$0]) }
            let ticket = admission.ticket ?? board.ticket(for: admission.token)
            admission.ticket = ticket
            outcome = loop.flagAnswers.all(
                body: body, known: known, of: board, ticket: ticket, now: currentTime(), into: &loop.flagOutput)
            counters.countBulk(status: outcome.status)
        }
        FlagResponseHead.finish(&loop.flagOutput, bodyStart: start, outcome, date: loop.date)
        return true
    }

    private func admitted(_ head: PlainHead, _ request: UnsafeRawBufferPointer) -> FlagBoard? {
        if admission.tick == loop.tick, let board = admission.board, isSameCaller(head, request) { return board }
        let caller = caller(head, request)
        let selector = head.selector.map { String(decoding: request[$0], as: UTF8.self) }
        guard let board = desk.known(caller, selector: selector) else {
            admission = Admission()
            return nil
        }
        admission.headers.removeAll(keepingCapacity: true)
        for place in FlagLane.identity(head) {
            if let place { admission.headers += request[place] }
            admission.headers.append(0x0A)
        }
        admission.tick = loop.tick
        admission.board = board
        admission.bucket = desk.limiter == nil ? 0 : caller.bucket
        admission.token = desk.token(of: caller)
        admission.ticket = nil
        return board
    }

    /// Whether all that admission depends on is as it was, byte by byte.
    private func isSameCaller(_ head: PlainHead, _ request: UnsafeRawBufferPointer) -> Bool {
        admission.headers.withUnsafeBytes { known in
            var offset = 0
            func matches(_ place: Range<Int>?) -> Bool {
                let count = place?.count ?? 0
                guard offset + count < known.count, known[offset + count] == 0x0A else { return false }
                if let place, !request[place].elementsEqual(known[offset..<(offset + count)]) { return false }
                offset += count + 1
                return true
            }
            return matches(head.host) && matches(head.authorization) && matches(head.apiKey) && matches(head.selector)
                && offset == known.count
        }
    }

    private static func identity(_ head: PlainHead) -> [Range<Int>?] {
        [head.host, head.authorization, head.apiKey, head.selector]
    }

    private func caller(_ head: PlainHead, _ request: UnsafeRawBufferPointer) -> Caller {
        func text(_ place: Range<Int>?) -> String? { place.map { String(decoding: request[$0], as: UTF8.self) } }
        let bearer = Caller.bearerToken(text(head.authorization)) ?? text(head.apiKey)
        return Caller(
            bearer: bearer, cookies: nil, host: text(head.host), origin: nil, fetchSite: nil, agentHost: nil,
            writes: true, isTLS: isTLS, address: address)
    }
}
