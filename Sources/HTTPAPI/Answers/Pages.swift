import HTTPTypes
import HummingbirdCore
import NIOCore
import Ports
import Wire

/// Mounts the page: everything that is not an API path. Logs browsers in and out.
struct Pages: Sendable {
    let gate: Gate
    let parts: Parts

    private static let contentPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    private static let loginSeconds = 30 * 86_400

    func respond(
        _ path: String, _ segments: [String], _ request: Request, _ caller: Caller, _ channel: any Channel
    ) async -> Response {
        do {
            var response = try await answer(path, segments, request, caller, channel)
            if !response.headers.contains(.contentSecurityPolicy) {
                response.headers[.contentSecurityPolicy] = Pages.contentPolicy
            }
            return response
        } catch let refusal as Refusal {
            return Pages.plain(refusal)
        } catch let problem as Problem {
            return Pages.plain(Refusal(problem))
        } catch {
            return Pages.plain(Refusal(Problem(.internal, "the page could not be made: \(error)")))
        }
    }

    private func answer(
        _ path: String, _ segments: [String], _ request: Request, _ caller: Caller, _ channel: any Channel
    ) async throws -> Response {
        let isRead = request.method == .get || request.method == .head
        guard isRead || request.method == .post else {
            throw Refusal(
                status: 405, problem: Problem(.invalid, "\(request.method.rawValue) is not possible here"),
                headers: [("Allow", "GET, HEAD, POST")])
        }
        try gate.checkOrigin(caller)
        let isOpen = path == "/login" || segments.first == "assets"
        var principal: Principal?
        if isOpen || path == "/logout" {
            _ = try gate.admit(caller, .open)
        } else {
            do throws(Refusal) {
                principal = try gate.admit(caller, isRead ? .viewer : .operator)
            } catch {
                if error.status == 401, isRead { return Pages.redirect(to: Pages.loginPath(back: request.uri.string)) }
                throw error
            }
        }
        let form = isRead ? [:] : try await Pages.form(of: request)
        if path == "/logout", !isRead { return logout() }
        if path == "/login", !isRead { return try await login(form, request, caller, channel) }
        return await ask(path, request, form: form, principal: principal, channel)
    }

    private func ask(
        _ path: String, _ request: Request, form: [String: String], principal: Principal?, _ channel: any Channel
    ) async -> Response {
        let query = PercentEncoding.fields(request.uri.query ?? "") ?? [:]
        let method = request.method == .head ? "GET" : request.method.rawValue
        let page = await parts.site.respond(
            to: PageRequest(
                method: method, path: path, query: query, form: form, principal: principal, dev: parts.dev,
                metrics: parts.metricsDesk.map { PageQuestions(desk: $0, channel: channel, path: path) }))
        var response = Response(
            status: HTTPResponse.Status(code: min(max(page.status, 200), 599)),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.body)))
        for (name, value) in page.headers {
            if let name = HTTPField.Name(name), name != .contentLength { response.headers[name] = value }
        }
        return response
    }

    // MARK: Logging in and out

    private func login(
        _ form: [String: String], _ request: Request, _ caller: Caller, _ channel: any Channel
    ) async throws -> Response {
        let back = Pages.localPath(form["next"] ?? PercentEncoding.fields(request.uri.query ?? "")?["next"])
        if parts.dev { return Pages.redirect(to: back) }
        let token = form["token"].map { String($0.trimmingSpaces) } ?? ""
        guard let principal = gate.gateway.authenticate(token: token), principal.role.allows(.viewer) else {
            let refusal = gate.unauthenticated(caller, "the token is not valid")
            if refusal.status == 429 { throw refusal }
            var rest = form
            rest["token"] = nil
            var response = await ask("/login", request, form: rest, principal: nil, channel)
            response.status = .unauthorized
            return response
        }
        var response = Pages.redirect(to: back)
        response.headers[.setCookie] = cookie(token, seconds: Pages.loginSeconds)
        return response
    }

    private func logout() -> Response {
        var response = Pages.redirect(to: "/login")
        response.headers[.setCookie] = cookie("", seconds: 0)
        return response
    }

    private func cookie(_ value: String, seconds: Int) -> String {
        "\(Caller.cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (parts.isTLS ? "; Secure" : "")
    }

    private static func form(of request: Request) async throws -> [String: String] {
        let bytes = try await request.collectBody(limit: Limits.formBytes)
        let type = request.headers[.contentType] ?? "application/x-www-form-urlencoded"
        guard bytes.isEmpty || type.lowercased().hasPrefix("application/x-www-form-urlencoded") else {
            throw Refusal(
                status: 415, problem: Problem(.invalid, "a form is application/x-www-form-urlencoded, not \(type)"))
        }
        guard
            let text = String(validating: bytes, as: UTF8.self), let fields = PercentEncoding.fields(text)
        else { throw Problem(.invalid, "the form is not percent-encoded UTF-8") }
        return fields
    }

    // MARK: Ways

    private static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }

    private static func loginPath(back: String) -> String {
        guard back != "/", localPath(back) == back else { return "/login" }
        let unreserved = back.utf8.map { byte -> String in
            let character = Character(UnicodeScalar(byte))
            if character.isLetter || character.isNumber || "/-._~".contains(character), byte < 0x80 {
                return String(character)
            }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }
        return "/login?next=" + unreserved.joined()
    }

    /// A path on this server, so that a login never leads to another site.
    static func localPath(_ path: String?) -> String {
        guard
            let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return path
    }

    private static func plain(_ refusal: Refusal) -> Response {
        var response = Response.text("\(refusal.problem)\n", status: HTTPResponse.Status(code: refusal.status))
        for (name, value) in refusal.headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }
}
