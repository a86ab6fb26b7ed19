import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Wire

/// Answers the requests that are not hot: finds the route, asks the gate, calls the handler, shows problems.
struct Responder: Sendable {
    let table: RouteTable
    let gate: Gate
    let parts: Parts
    private let pages: Pages

    init(table: RouteTable, gate: Gate, parts: Parts) {
        self.table = table
        self.gate = gate
        self.parts = parts
        pages = Pages(gate: gate, parts: parts)
    }

    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let caller = Caller(request, isTLS: parts.isTLS, address: RemoteAddress(channel.remoteAddress))
        let answer: Answer
        switch admit(request, caller) {
        case .success(let admitted):
            if request.headers[.expect]?.lowercased() == "100-continue" {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            answer = await handle(admitted, request, caller, channel)
        case .failure(let refused): answer = refused
        }
        parts.counters.countRequest(route: answer.route, status: answer.response.status.code)
        if request.method == .head {
            try await writer.writeResponse(answer.response.head)
        } else {
            try await writer.write(response: answer.response.head, body: answer.response.body)
        }
    }

    /// A response, with the route that it is counted under.
    private struct Answer: Error {
        var route: String
        var response: Response
    }

    private enum Admitted {
        case route(Route, names: [String: String], principal: Principal?)
        case page(path: String, segments: [String])
    }

    private func admit(_ request: Request, _ caller: Caller) -> Result<Admitted, Answer> {
        guard let segments = PercentEncoding.segments(ofPath: request.uri.path) else {
            let refusal = Refusal(Problem(.invalid, "the path is not percent-encoded UTF-8"))
            return .failure(Answer(route: "malformed", response: Response(refusal)))
        }
        let finding = table.find(request.method, segments)
        do throws(Refusal) {
            switch finding {
            case .route(let route, let names):
                let principal = try gate.admit(caller, route.access)
                return .success(.route(route, names: names, principal: principal))
            case .otherMethods(let methods):
                _ = try gate.admit(caller, .roles([.viewer, .agent, .join]))
                throw Responder.otherMethods(methods, request.method)
            case .nothing where Responder.isAPI(segments):
                _ = try gate.admit(caller, .roles([.viewer, .agent, .join]))
                throw Refusal(
                    Problem(
                        .notFound, "there is no route \(request.method.rawValue) \(request.uri.path)",
                        hint: "The routes are in /v1/openapi.json."))
            case .nothing:
                return .success(.page(path: "/" + segments.joined(separator: "/"), segments: segments))
            }
        } catch {
            let route = if case .route(let route, _) = finding { route.pattern.text } else { "unknown" }
            return .failure(Answer(route: route, response: Response(error)))
        }
    }

    private func handle(_ admitted: Admitted, _ request: Request, _ caller: Caller, _ channel: any Channel) async
        -> Answer
    {
        switch admitted {
        case .page(let path, let segments):
            return Answer(route: "page", response: await pages.respond(path, segments, request, caller, channel))
        case .route(let route, let names, let principal):
            do {
                let call = try Call(
                    route: route, request: request, channel: channel, parts: parts, principal: principal, names: names)
                return Answer(route: route.pattern.text, response: try await route.handle(call))
            } catch let problem as Problem {
                return Answer(route: route.pattern.text, response: Response(Refusal(problem)))
            } catch {
                parts.logger.debug("request failed", metadata: ["route": "\(route.pattern.text)", "error": "\(error)"])
                let problem = Problem(.internal, "the request could not be answered: \(error)")
                return Answer(route: route.pattern.text, response: Response(Refusal(problem)))
            }
        }
    }

    private static func otherMethods(_ methods: [HTTPRequest.Method], _ used: HTTPRequest.Method) -> Refusal {
        let names = methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }.sorted().joined(separator: ", ")
        return Refusal(
            status: 405,
            problem: Problem(.invalid, "\(used.rawValue) is not possible here", hint: "Possible: \(names)."),
            headers: [("Allow", names)])
    }

    /// Paths that are never a page.
    private static func isAPI(_ segments: [String]) -> Bool {
        ["v1", "ofrep", "prometheus", "otlp", "alertmanager"].contains(segments.first)
    }
}

extension Caller {
    init(_ request: Request, isTLS: Bool, address: RemoteAddress) {
        let headers = request.headers
        self.init(
            bearer: Caller.bearerToken(headers[.authorization]), cookies: headers[.cookie],
            host: request.head.authority, origin: headers[.origin], fetchSite: headers[.fetchSite],
            agentHost: headers[.halcyonHost], writes: request.method != .get && request.method != .head, isTLS: isTLS,
            address: address)
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        // The names below are valid, so the alternative is never taken.
        HTTPField.Name(name) ?? .accept
    }

    static let fetchSite = known("Sec-Fetch-Site")
    static let halcyonHost = known("X-Halcyon-Host")
    static let halcyonAgent = known("X-Halcyon-Agent")
    static let halcyonDigest = known("X-Halcyon-Digest")
    static let halcyonRevision = known("X-Halcyon-Revision")
}
