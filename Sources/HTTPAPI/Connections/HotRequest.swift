import NIOCore
import NIOHTTP1
import Ports
import Wire

/// A hot request from its head to its end. Confined to its connection's event loop.
final class HotRequest: HotExchange {
    private let route: HotRoute
    private let head: HTTPRequestHead
    private var agent = ""
    private var principal: Principal?
    /// What the caller was let in by; `nil` with `--dev`.
    private var token: String?
    private var body: [UInt8] = []

    init(route: HotRoute, head: HTTPRequestHead) {
        self.route = route
        self.head = head
    }

    var label: String { route.rawValue }
    var bodyBytes: Int { body.count }
    private var isHTTP11: Bool { head.version == .http1_1 }
    var expectsContinue: Bool { head.headers.first(name: "expect")?.lowercased() == "100-continue" }

    /// Checks token, role, host and announced length: all that can be known from the head.
    func admit(_ hall: Hall, isTLS: Bool, address: RemoteAddress) throws(Refusal) {
        let caller = Caller(head, isTLS: isTLS, address: address)
        principal = try hall.gate.admit(caller, route.access)
        // An agent's stream is ended by whoever revokes its host.
        if !hall.gate.dev, route == .events || route == .sdkFlags { token = caller.bearer ?? caller.cookieToken }
        if route.access == .agent {
            agent = head.headers.first(name: "x-halcyon-agent") ?? ""
            guard !agent.isEmpty, agent.utf8.count <= 128, principal?.host?.isEmpty == false else {
                throw HotRequest.incomplete
            }
        }
        if let length = head.headers.first(name: "content-length").flatMap(Int.init) {
            guard length <= route.bodyLimit else { throw HotRequest.tooLarge(route) }
            body.reserveCapacity(min(length, 64 << 10))
        }
    }

    func append(_ bytes: ByteBuffer, _ hall: Hall) throws(Refusal) {
        guard body.count + bytes.readableBytes <= route.bodyLimit else { throw HotRequest.tooLarge(route) }
        body.append(contentsOf: bytes.readableBytesView)
    }

    func finish(_ hall: Hall, _ loop: LoopState) throws(Refusal) -> HotAnswer {
        switch route {
        case .report:
            try deliver(hall)
            return .plain(.noContent, HTTPHeaders(), nil)
        case .samples:
            guard let host = principal?.host else { throw HotRequest.incomplete }
            return .later(try hall.samples.take(body, host: host, agent: agent, on: loop.eventLoop))
        case .stream, .events, .sdkFlags:
            guard isHTTP11 else { throw HotRequest.needsHTTP11 }
            return .stream(HTTPHeaders()) { (stream) throws(Refusal) in try self.attach(stream, hall, loop) }
        }
    }

    /// Hands a report to the control plane.
    private func deliver(_ hall: Hall) throws(Refusal) {
        guard let host = principal?.host else { throw HotRequest.incomplete }
        do throws(Problem) {
            try hall.gateway.report(host: host, agent: agent, body: body)
        } catch {
            throw Refusal(error)
        }
    }

    /// Makes a stream known to whoever writes to it, and sees to it that they learn when it has ended.
    private func attach(_ stream: EventStream, _ hall: Hall, _ loop: LoopState) throws(Refusal) {
        let counters = hall.counters
        let gateway = hall.gateway
        if let token { stream.stays(while: { gateway.authenticate(token: token) != nil }) }
        if route == .events {
            let hub = hall.hub
            hub.add(stream)
            counters.watchersChanged(by: 1)
            stream.whenEnded { stream in
                hub.remove(stream)
                counters.watchersChanged(by: -1)
            }
            return
        }
        if route == .sdkFlags { return try attachToFlags(stream, hall, loop) }
        guard let host = principal?.host else { throw HotRequest.incomplete }
        do throws(Problem) {
            try gateway.attach(host: host, agent: agent, sink: stream)
        } catch {
            throw Refusal(error)
        }
        counters.agentsChanged(by: 1)
        stream.whenEnded { stream in
            gateway.detach(host: host, sink: stream)
            counters.agentsChanged(by: -1)
        }
    }
}

extension HotRequest {
    private func attachToFlags(_ stream: EventStream, _ hall: Hall, _ loop: LoopState) throws(Refusal) {
        guard let flags = hall.desk?.gateway else { throw Refusal(Problem(.unavailable, "this server has no flags")) }
        let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let wanted = PercentEncoding.fields(query)?["environment"] ?? ""
        switch flags.admit(principal: principal, selector: wanted) {
        case .environment(let feed):
            let known = head.headers.first(name: "last-event-id")
            hall.flagStreams.add(stream, to: feed, knows: known, on: loop.eventLoop)
        case .unauthenticated: throw Refusal(Problem(.unauthenticated, "this needs a token"))
        case .forbidden:
            throw Refusal(Problem(.forbidden, "this token does not open the environment '\(wanted)'"))
        case .unknownEnvironment(let name, let nearest):
            throw Refusal(
                Problem(
                    .notFound, "there is no environment named \(name)", hint: nearest.map { "did you mean \($0)?" }))
        }
    }

    static let incomplete = Refusal(
        status: 400,
        problem: Problem(
            .invalid, "the header X-Halcyon-Agent is missing or longer than 128 bytes, or the token names no host",
            hint: "Agents send the identity from their data folder."))
    static let overloaded = Refusal(
        status: 503, problem: Problem(.unavailable, "too many reports at once", hint: "Try again in a few seconds."),
        headers: [("retry-after", "5")])
    static let tooSlow = Refusal(
        status: 408, problem: Problem(.invalid, "the body did not arrive in time"), closes: true)
    static let needsHTTP11 = Refusal(status: 400, problem: Problem(.invalid, "a stream needs HTTP/1.1"))

    static func tooLarge(_ route: HotRoute) -> Refusal {
        Refusal(
            status: 413,
            problem: Problem(.tooLarge, "the body is larger than the \(route.bodyLimit) bytes that are allowed here"))
    }
}

extension Caller {
    init(_ head: HTTPRequestHead, isTLS: Bool, address: RemoteAddress) {
        let headers = head.headers
        self.init(
            bearer: Caller.bearerToken(headers.first(name: "authorization")), cookies: headers.first(name: "cookie"),
            host: headers.first(name: "host"), origin: headers.first(name: "origin"),
            fetchSite: headers.first(name: "sec-fetch-site"), agentHost: headers.first(name: "x-halcyon-host"),
            writes: head.method != .GET && head.method != .HEAD, isTLS: isTLS, address: address)
    }
}
