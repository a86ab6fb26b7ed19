import Compression
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Ports
import QueryJSON
import Wire

/// A request to Prometheus' API or to where metrics come in, from its head to its end. Confined to its connection's event loop.
final class MetricsRequest: HotExchange {
    private let route: MetricsRoute
    private let head: HTTPRequestHead
    private var body = ByteBuffer()

    init(route: MetricsRoute, head: HTTPRequestHead) {
        self.route = route
        self.head = head
    }

    var label: String { route.label }
    var bodyBytes: Int { body.readableBytes }
    var expectsContinue: Bool { head.headers.first(name: "expect")?.lowercased() == "100-continue" }

    func admit(_ hall: Hall, isTLS: Bool, address: RemoteAddress) throws(Refusal) {
        do throws(Refusal) {
            _ = try hall.gate.admit(Caller(metrics: head, isTLS: isTLS, address: address), route.access)
            guard route != .unknown else {
                throw Refusal(status: 404, problem: Problem(.notFound, "there is no route \(head.uri)"))
            }
            let isLook = head.method == .HEAD && (route == .ready || route == .healthy)
            guard isLook || route.methods.contains(head.method.rawValue) else {
                let methods = route.methods.joined(separator: ", ")
                throw Refusal(
                    status: 405, problem: Problem(.invalid, "this is asked with \(methods)"),
                    headers: [("allow", methods)])
            }
            if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > route.bodyLimit {
                throw tooLarge
            }
        } catch {
            throw worded(error)
        }
    }

    func append(_ bytes: ByteBuffer, _ hall: Hall) throws(Refusal) {
        guard body.readableBytes + bytes.readableBytes <= route.bodyLimit else { throw worded(tooLarge) }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    private var tooLarge: Refusal {
        Refusal(
            status: 413,
            problem: Problem(.tooLarge, "the body is larger than the \(route.bodyLimit) bytes that are allowed here"))
    }

    func finish(_ hall: Hall, _ loop: LoopState) throws(Refusal) -> HotAnswer {
        guard let desk = hall.metrics else { return .plain(.notFound, HTTPHeaders(), nil) }
        switch route {
        case .healthy: return plain(.text("Halcyon is healthy.", status: .ok))
        case .ready:
            guard let problem = desk.keeper.condition().problem else {
                return plain(.text("Halcyon is ready.", status: .ok))
            }
            return plain(.text("Service Unavailable: \(problem)", status: .serviceUnavailable))
        case .remoteWrite, .importText, .otlp: return .later(desk.intake.take(route, head, body, on: loop.eventLoop))
        default: return try query(desk, loop)
        }
    }

    private func plain(_ reply: HotReply) -> HotAnswer {
        .plain(reply.status, reply.headers, head.method == .HEAD ? ByteBuffer() : reply.body)
    }

    private func query(_ desk: MetricsDesk, _ loop: LoopState) throws(Refusal) -> HotAnswer {
        let failed: QueryFailure
        do throws(QueryFailure) {
            let fields = try fields()
            let timeout = try fields.duration("timeout")
            let (route, packs) = (route, acceptsGzip)
            return .later(
                desk.queries.submit(on: loop.eventLoop, timeout: timeout) { run in
                    let reply = await QueryCall(route: route, fields: fields, desk: desk, run: run).reply()
                    return packs ? reply.packed : reply
                })
        } catch {
            failed = error
        }
        return plain(failed.reply)
    }

    private func fields() throws(QueryFailure) -> QueryFields {
        var form = ""
        if head.method == .POST {
            let type = head.headers.first(name: "content-type") ?? ""
            guard body.readableBytes == 0 || type.lowercased().hasPrefix("application/x-www-form-urlencoded") else {
                throw .bad("the body must be a form: application/x-www-form-urlencoded")
            }
            form = String(buffer: body)
        }
        let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        guard let inForm = PercentEncoding.pairs(form), let inAddress = PercentEncoding.pairs(query) else {
            throw .bad("the query is not percent-encoded UTF-8")
        }
        return QueryFields(inForm + inAddress)
    }

    private var acceptsGzip: Bool {
        head.headers[canonicalForm: "accept-encoding"].contains { $0.lowercased().hasPrefix("gzip") }
    }

    /// The refusal as its protocol words it.
    private func worded(_ refusal: Refusal) -> Refusal {
        var refusal = refusal
        let message = [refusal.problem.message, refusal.problem.hint].compactMap { $0 }.joined(separator: ". ")
        if route.bringsIn {
            refusal.body = ByteBuffer(string: message + "\n")
            refusal.headers.append(("content-type", "text/plain; charset=utf-8"))
        } else {
            let type =
                switch refusal.status {
                case 401, 429: "unauthorized"
                case 403: "forbidden"
                case 404: "not_found"
                default: "bad_data"
                }
            refusal.body = ByteBuffer(bytes: QueryBody.failure(type: type, message))
        }
        return refusal
    }
}

extension HotReply {
    /// Packed with gzip, when that is worth it.
    fileprivate var packed: HotReply {
        guard let body, body.readableBytes > 4096, let small = Gzip.pack(body, level: 1) else { return self }
        var reply = self
        reply.body = small
        reply.headers.add(name: "content-encoding", value: "gzip")
        return reply
    }
}

extension Caller {
    /// Grafana, promtool and Prometheus may send their token as the password of `Authorization: Basic`, with any name.
    init(metrics head: HTTPRequestHead, isTLS: Bool, address: RemoteAddress) {
        self.init(head, isTLS: isTLS, address: address)
        if bearer == nil { bearer = Caller.basicPassword(head.headers.first(name: "authorization")) }
        // Asking with a form changes nothing.
        if let route = MetricsRoute(head.uri), !route.bringsIn, route != .snapshot, bearer != nil { writes = false }
    }

    static func basicPassword(_ value: String?) -> String? {
        guard let value, value.count > 6, value.prefix(6).lowercased() == "basic ",
            let decoded = Data(base64Encoded: String(value.dropFirst(6).trimmingSpaces)),
            let text = String(validating: decoded, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        let password = text[text.index(after: colon)...]
        return password.isEmpty ? nil : String(password)
    }
}
