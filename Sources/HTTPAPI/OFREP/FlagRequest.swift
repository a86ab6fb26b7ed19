import Flags
import NIOCore
import NIOHTTP1
import Ports
import Wire

/// A request to OFREP from its head to its end. Confined to its connection's event loop.
///
/// What a client's connection usually carries is answered in the `FlagLane` already. Here comes everything else: browsers
/// with their preflights, bodies in several parts, event streams, and what is wrong.
final class FlagRequest: HotExchange {
    private let route: OFREPRoute
    private let head: HTTPRequestHead
    private var board: FlagBoard?
    /// Who was let in; `nil` with `--dev`.
    private var token: String?
    private var body = ByteBuffer()
    /// What is wrong, told when the request has ended, so that the connection can go on.
    private var refusal: Refusal?
    /// A longer body is not waited for when the request is refused.
    private static let patience = 64 << 10

    /// `nil` when the request is not OFREP's.
    init?(_ head: HTTPRequestHead) {
        var address = head.uri
        guard let route = address.withUTF8({ OFREPRoute(UnsafeRawBufferPointer($0)) }) else { return nil }
        self.route = route
        self.head = head
    }

    var label: String { route.label }
    var isHTTP11: Bool { head.version == .http1_1 }
    var bodyBytes: Int { body.readableBytes }
    var expectsContinue: Bool { head.headers.first(name: "expect")?.lowercased() == "100-continue" }

    private var origin: String? { head.headers.first(name: "origin") }
    private var isPreflight: Bool { head.method == .OPTIONS }
    private var needed: HTTPMethod { route == .events ? .GET : .POST }

    // MARK: Admission

    func admit(_ hall: Hall, isTLS: Bool, address: RemoteAddress) throws(Refusal) {
        guard let desk = hall.desk else { return }
        do throws(Refusal) {
            try check(desk, Caller(flags: head, isTLS: isTLS, address: address))
        } catch {
            let refusal = wording(error, desk)
            let length = head.headers.first(name: "content-length").flatMap(Int.init) ?? 0
            guard !refusal.closes, length <= FlagRequest.patience, !head.headers.contains(name: "transfer-encoding")
            else { throw refusal }
            self.refusal = refusal
        }
    }

    private func check(_ desk: FlagDesk, _ caller: Caller) throws(Refusal) {
        if isPreflight { return try desk.gate.checkHost(caller) }
        // Who may not ask learns nothing of what there is.
        board = try admitted(desk, caller)
        if route == .unknown {
            throw Refusal(
                status: 404,
                problem: Problem(.notFound, "OFREP has no such path", hint: "POST /ofrep/v1/evaluate/flags/KEY"))
        }
        guard head.method == needed else {
            throw Refusal(
                status: 405, problem: Problem(.invalid, "this is asked with \(needed.rawValue)"),
                headers: [("allow", "\(needed.rawValue), OPTIONS")])
        }
        if let seconds = desk.limiter?.take(caller.bucket, now: monotonicNanoseconds()) {
            throw Refusal(
                status: 429, problem: Problem(.unavailable, "more requests than are allowed each second"),
                headers: [("retry-after", "\(seconds)")])
        }
        if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > desk.bodyLimit {
            throw FlagRequest.tooLarge(desk.bodyLimit)
        }
    }

    private func admitted(_ desk: FlagDesk, _ caller: Caller) throws(Refusal) -> FlagBoard {
        if route == .events, let ticket = head.uri.firstRange(of: "ticket=") {
            try desk.gate.checkHost(caller)
            let ticket = head.uri[ticket.upperBound...].prefix { $0 != "&" }
            if let known = desk.board(ticket: String(ticket)) {
                token = known.token
                return known.board
            }
            throw desk.gate.unauthenticated(
                caller, "the ticket is no longer valid, or is of another server: evaluate all flags for a new one")
        }
        token = desk.token(of: caller)
        return try desk.admit(caller, selector: head.headers.first(name: "flagd-selector"))
    }

    func append(_ bytes: ByteBuffer, _ hall: Hall) throws(Refusal) {
        guard let desk = hall.desk, refusal == nil else { return }
        guard body.readableBytes + bytes.readableBytes <= desk.bodyLimit else {
            throw wording(FlagRequest.tooLarge(desk.bodyLimit), desk)
        }
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }

    private static func tooLarge(_ limit: Int) -> Refusal {
        Refusal(
            status: 413, problem: Problem(.tooLarge, "the body is larger than the \(limit) bytes that are allowed here")
        )
    }

    // MARK: Answer

    func finish(_ hall: Hall, _ loop: LoopState) throws(Refusal) -> HotAnswer {
        guard let desk = hall.desk else { return .plain(.notFound, HTTPHeaders(), nil) }
        if let refusal { throw refusal }
        if isPreflight {
            let allowed = desk.origins.preflight(for: origin)
            return .plain(.noContent, HTTPHeaders([("allow", "\(needed.rawValue), OPTIONS")] + allowed), nil)
        }
        guard let board else { throw wording(HotRequest.needsHTTP11, desk) }
        var headers = HTTPHeaders(desk.origins.headers(for: origin))
        if route == .events {
            guard isHTTP11 else { throw wording(HotRequest.needsHTTP11, desk) }
            let known = head.headers.first(name: "last-event-id")
            let counters = hall.counters
            return .stream(headers) { [token] stream throws(Refusal) in
                stream.stays(while: desk.gate.dev ? nil : { desk.opens(token, board.feed) })
                board.add(stream, knows: known)
                counters.watchersChanged(by: 1)
                stream.whenEnded { stream in
                    board.remove(stream)
                    counters.watchersChanged(by: -1)
                }
            }
        }
        var answer = ByteBuffer()
        let outcome = evaluate(board, loop, into: &answer)
        if let tag = outcome.tag { headers.add(name: "etag", value: tag.text) }
        let status = HTTPResponseStatus(statusCode: outcome.status)
        if outcome.status == 304 { return .plain(status, headers, nil) }
        headers.add(name: "content-type", value: "application/json")
        return .plain(status, headers, answer)
    }

    private func evaluate(
        _ board: FlagBoard, _ loop: LoopState, into answer: inout ByteBuffer
    ) -> FlagAnswers.Outcome {
        body.withUnsafeReadableBytes { body in
            switch route {
            case .flag(let key):
                var address = head.uri
                return address.withUTF8 { address in
                    let key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(address)[key])
                    return loop.flagAnswers.flag(key, body: body, of: board, now: currentTime(), into: &answer)
                }
            default:
                let ticket = board.ticket(for: token)
                guard var known = head.headers.first(name: "if-none-match") else {
                    return loop.flagAnswers.all(
                        body: body, known: nil, of: board, ticket: ticket, now: currentTime(), into: &answer)
                }
                return known.withUTF8 { known in
                    loop.flagAnswers.all(
                        body: body, known: UnsafeRawBufferPointer(known), of: board, ticket: ticket, now: currentTime(),
                        into: &answer)
                }
            }
        }
    }

    /// The refusal in OFREP's words.
    private func wording(_ refusal: Refusal, _ desk: FlagDesk) -> Refusal {
        var refusal = refusal
        var body = ByteBuffer()
        let details = [refusal.problem.message, refusal.problem.hint].compactMap { $0 }.joined(separator: ". ")
        var address = head.uri
        address.withUTF8 { address in
            var key: UnsafeRawBufferPointer?
            if case .flag(let place) = route {
                key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(address)[place])
            }
            FlagAnswers.writeError(refusal.status == 413 ? .invalidContext : .general, details, key: key, into: &body)
        }
        refusal.body = body
        refusal.headers += desk.origins.headers(for: origin)
        return refusal
    }
}

extension Caller {
    /// OFREP's clients may send their token as `X-API-Key` too, and have no cookies.
    init(flags head: HTTPRequestHead, isTLS: Bool, address: RemoteAddress) {
        self.init(head, isTLS: isTLS, address: address)
        if bearer == nil { bearer = head.headers.first(name: "x-api-key").flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// Whose requests are counted together: those of a token, or of an address.
    var bucket: UInt64 {
        guard var token = bearer else { return address.bits }
        var tag = AnswerTag()
        token.withUTF8 { tag.add(UnsafeRawBufferPointer($0)) }
        return tag.hash
    }
}
