import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Ports
import Values
import Wire

/// What the handlers work with.
struct Parts: Sendable {
    let surface: any ControlSurface
    /// `nil`: this server serves no flags.
    let flags: (any FlagControl)?
    /// `nil`: this server keeps no metrics.
    let metrics: (any MetricsKeeper)?
    /// Where pages ask for metrics, likewise.
    let metricsDesk: MetricsDesk?
    let artefacts: any ArtefactStore
    let site: any PageSite
    let counters: ServerCounters
    let endless: EndlessAnswers
    let dev: Bool
    let isTLS: Bool
    let logger: Logger
}

/// An admitted request on its way to its handler.
struct Call: Sendable {
    let route: Route
    let request: Request
    let channel: any Channel
    let parts: Parts
    /// `nil` on open routes only.
    let principal: Principal?
    private let names: [String: String]
    private let query: [String: String]

    init(
        route: Route, request: Request, channel: any Channel, parts: Parts, principal: Principal?,
        names: [String: String]
    ) throws(Problem) {
        self.route = route
        self.request = request
        self.channel = channel
        self.parts = parts
        self.principal = principal
        self.names = names
        guard let query = PercentEncoding.fields(request.uri.query ?? "") else {
            throw Problem(.invalid, "the query is not percent-encoded UTF-8")
        }
        self.query = query
        try checkQuery()
    }

    var surface: any ControlSurface { parts.surface }

    /// Who asks, for the audit trail.
    var by: Principal {
        get throws(Problem) {
            guard let principal else { throw Problem(.unauthenticated, "this needs a token") }
            return principal
        }
    }

    /// The value of a name in the route's pattern.
    func name(_ name: String) -> String { names[name] ?? "" }

    func text(_ field: String) -> String? {
        query[field].flatMap { $0.isEmpty ? nil : $0 }
    }

    func flag(_ field: String) -> Bool? { query[field].map { $0 == "true" || $0 == "1" || $0.isEmpty } }

    func number(_ field: String) -> Int64? { query[field].flatMap { Int64($0) } }

    func count(_ field: String, default fallback: Int) -> Int { number(field).map { Int($0) } ?? fallback }

    /// The JSON body as a value, with the form's defaults for what it leaves out.
    func body<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        guard case .json(let form) = route.body else { throw Problem(.internal, "the route takes no JSON") }
        let bytes = try await request.collectBody(limit: form.limit)
        return try form.decode(type, from: bytes)
    }

    private func checkQuery() throws(Problem) {
        for (name, value) in query {
            guard let field = route.query.first(where: { $0.name == name }) else {
                let names = route.query.map(\.name)
                let hint =
                    names.isEmpty
                    ? "This route has no query." : "Known: \(names.sorted().joined(separator: ", "))."
                let meant = nearest(to: name, among: names).map { ", did you mean '\($0)'?" } ?? ""
                throw Problem(.invalid, "unknown query field '\(name)'\(meant)", hint: hint)
            }
            switch field.kind {
            case .text: break
            case .flag:
                guard ["true", "false", "1", "0", ""].contains(value) else {
                    throw Problem(.invalid, "the query field '\(name)' is true or false, not '\(value)'")
                }
            case .number(let range):
                guard let number = Int64(value), range.contains(number) else {
                    throw Problem(
                        .invalid,
                        "the query field '\(name)' is a number from \(range.lowerBound) through \(range.upperBound), "
                            + "not '\(value)'")
                }
            }
        }
        for field in route.query where field.isRequired && text(field.name) == nil {
            throw Problem(.invalid, "the query field '\(field.name)' is missing: \(field.meaning)")
        }
    }
}

extension Request {
    /// The whole body; larger than `limit` is a `Problem`.
    func collectBody(limit: Int) async throws -> [UInt8] {
        let tooLarge = Problem(.tooLarge, "the body is larger than the \(limit) bytes that are allowed here")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }
}
