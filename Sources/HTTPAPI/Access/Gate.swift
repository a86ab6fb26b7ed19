import NIOCore
import Ports
import Wire

/// Which tokens may use a route.
enum Access: Hashable, Sendable {
    /// Anyone, without a token.
    case open
    /// A token that has one of these roles, or one that covers it.
    case roles([Role])

    static let viewer = Access.roles([.viewer])
    static let `operator` = Access.roles([.operator])
    static let admin = Access.roles([.admin])
    static let agent = Access.roles([.agent])
    static let join = Access.roles([.join])
}

/// An answer that turns a request away.
struct Refusal: Error, Sendable {
    var status: Int
    var problem: Problem
    var headers: [(String, String)] = []
    /// What is sent instead of the problem, where a protocol words its errors in its own way.
    var body: ByteBuffer?
    /// Whether the connection is closed as well: whoever floods us pays for new connections.
    var closes = false
}

/// Decides who a request is from and whether it may do what it asks for. Never waits: safe on an event loop.
struct Gate: Sendable {
    let gateway: any AgentGateway
    /// No tokens: everybody on this machine is `dev`.
    let dev: Bool
    let limiter = FailureLimiter()

    static let devPrincipal = Principal(name: "dev", role: .admin)

    /// Who asks; `nil` only for open routes.
    func admit(_ caller: Caller, _ access: Access) throws(Refusal) -> Principal? {
        try checkHost(caller)
        guard case .roles(let roles) = access else { return nil }
        let principal = dev ? try devPrincipal(caller, roles) : try tokenHolder(caller)
        guard roles.contains(where: principal.role.allows) else { throw Gate.forbidden(principal, roles) }
        return principal
    }

    /// A browser may write only from our own pages. Programs send neither of these headers.
    func checkOrigin(_ caller: Caller, required: Bool = false) throws(Refusal) {
        guard caller.writes else { return }
        if let site = caller.fetchSite {
            if site == "same-origin" || site == "none" { return }
            throw Gate.crossSite()
        }
        if let origin = caller.origin {
            if let host = caller.host,
                origin.lowercased() == "\(caller.isTLS ? "https" : "http")://\(host.lowercased())"
            {
                return
            }
            throw Gate.crossSite()
        }
        if required { throw Gate.crossSite() }
    }

    /// With `--dev`, a name that is not this machine's own means that a web page has pointed its name at us.
    func checkHost(_ caller: Caller) throws(Refusal) {
        guard dev else { return }
        guard let host = caller.host, Gate.isLoopback(host) else {
            throw Refusal(
                status: 403,
                problem: Problem(
                    .forbidden, "with --dev the server answers only to localhost and loopback addresses",
                    hint: "Use http://127.0.0.1 or http://localhost, or start the server without --dev."))
        }
    }

    private func devPrincipal(_ caller: Caller, _ roles: [Role]) throws(Refusal) -> Principal {
        try checkOrigin(caller)
        guard roles.contains(.agent), let host = caller.agentHost, !host.isEmpty else {
            if roles == [.agent] {
                throw Refusal(
                    status: 400,
                    problem: Problem(
                        .invalid, "the header X-Halcyon-Host is missing",
                        hint: "With --dev an agent names its host in it."))
            }
            return Gate.devPrincipal
        }
        return Principal(name: "agent/\(host)", role: .agent, host: host)
    }

    private func tokenHolder(_ caller: Caller) throws(Refusal) -> Principal {
        if let token = caller.bearer {
            if let principal = gateway.authenticate(token: token) { return principal }
            throw unauthenticated(caller, "the token is not valid, or was revoked")
        }
        if let token = caller.cookieToken {
            guard let principal = gateway.authenticate(token: token) else {
                throw unauthenticated(caller, "the log-in has ended")
            }
            // The browser sends the cookie by itself, whoever's page makes the request.
            try checkOrigin(caller, required: true)
            return principal
        }
        throw unauthenticated(caller, "this needs a token")
    }

    func unauthenticated(_ caller: Caller, _ message: String) -> Refusal {
        if let seconds = limiter.failed(caller.address, now: currentSeconds()) {
            return Refusal(
                status: 429,
                problem: Problem(
                    .unauthenticated, "too many requests without a valid token from this address",
                    hint: "Try again in \(seconds) s, with a valid token."),
                headers: [("Retry-After", "\(seconds)")], closes: true)
        }
        return Refusal(
            status: 401,
            problem: Problem(
                .unauthenticated, message,
                hint: "Send 'Authorization: Bearer TOKEN'; the CLI takes it from HALCYON_TOKEN."),
            headers: [("WWW-Authenticate", "Bearer")])
    }

    private static func forbidden(_ principal: Principal, _ roles: [Role]) -> Refusal {
        let needed = roles.map { "'\($0.rawValue)'" }.joined(separator: " or ")
        return Refusal(
            status: 403,
            problem: Problem(
                .forbidden,
                "this needs the role \(needed); the token '\(principal.name)' has '\(principal.role.rawValue)'",
                hint: "Ask an admin for a token: halcyon token create NAME --role \(roles[0].rawValue)"))
    }

    private static func crossSite() -> Refusal {
        Refusal(
            status: 403,
            problem: Problem(
                .forbidden, "another site's page may not change anything here",
                hint: "Open Halcyon's own page, or use a program with a bearer token."))
    }

    /// `localhost`, `NAME.localhost`, 127.0.0.0/8 and `[::1]`, with or without a port.
    static func isLoopback(_ host: String) -> Bool {
        var name = host.lowercased()[...]
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            return name[...end] == "[::1]" && isPort(name[name.index(after: end)...])
        }
        if let colon = name.firstIndex(of: ":") {
            guard isPort(name[colon...]) else { return false }
            name = name[..<colon]
        }
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy {
                $0.count <= 3 && !$0.isEmpty && $0.allSatisfy(\.isWholeNumber) && Int($0) ?? 256 < 256
            }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
    }
}
