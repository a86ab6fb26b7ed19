import Synchronization
import Testing
import Wire

/// Every route, with what it needs. Kept apart from the server's own table on purpose.
let routeNeeds: [(method: String, path: String, roles: Set<Role>)] = {
    let viewer: Set<Role> = [.viewer, .operator, .admin]
    let `operator`: Set<Role> = [.operator, .admin]
    let admin: Set<Role> = [.admin]
    let digest = "sha256:" + String(repeating: "0", count: 64)
    return [
        ("GET", "/metrics", viewer), ("GET", "/v1/openapi.json", viewer), ("GET", "/v1/status", viewer),
        ("POST", "/v1/apply", `operator`), ("GET", "/v1/services", viewer), ("GET", "/v1/services/a", viewer),
        ("DELETE", "/v1/services/a", `operator`), ("GET", "/v1/freezes", viewer),
        ("GET", "/v1/plans", viewer), ("DELETE", "/v1/plans/a", `operator`),
        ("DELETE", "/v1/freezes/a", `operator`),
        ("GET", "/v1/receivers", viewer), ("DELETE", "/v1/receivers/a", `operator`),
        ("POST", "/v1/receivers/a/test", `operator`), ("GET", "/v1/deliveries", viewer), ("GET", "/v1/hosts", viewer),
        ("GET", "/v1/hosts/a", viewer), ("DELETE", "/v1/hosts/a", admin), ("POST", "/v1/hosts/a/revoke", admin),
        ("HEAD", "/v1/hosts/a/services/b/logs", viewer), ("GET", "/v1/versions?service=a", viewer),
        ("DELETE", "/v1/versions/a/v1", `operator`), ("PUT", "/v1/artefacts", `operator`),
        ("GET", "/v1/artefacts/\(digest)", viewer.union([.agent])),
        ("HEAD", "/v1/artefacts/\(digest)", viewer.union([.agent])), ("POST", "/v1/deploy", `operator`),
        ("GET", "/v1/rollouts", viewer), ("GET", "/v1/rollouts/r-1", viewer),
        ("GET", "/v1/rollouts/r-1/history", viewer),
        ("GET", "/v1/rollouts/r-1/explain", viewer), ("POST", "/v1/rollouts/r-1/retry", `operator`),
        ("POST", "/v1/rollouts/r-1/pause", `operator`), ("POST", "/v1/rollouts/r-1/resume", `operator`),
        ("POST", "/v1/rollouts/r-1/promote", `operator`), ("POST", "/v1/rollouts/r-1/approve", `operator`),
        ("POST", "/v1/rollouts/r-1/abort", `operator`), ("POST", "/v1/rollouts/r-1/rollback", `operator`),
        ("GET", "/v1/tokens", admin), ("POST", "/v1/tokens", admin), ("DELETE", "/v1/tokens/ci", admin),
        ("GET", "/v1/audit", viewer), ("HEAD", "/v1/events", viewer), ("POST", "/v1/agent/join", [.join, .admin]),
        ("HEAD", "/v1/agent/stream", [.agent]), ("POST", "/v1/agent/report", [.agent]),
        ("POST", "/v1/agent/samples", [.agent]), ("POST", "/v1/agent/logs/l-1", [.agent]),
        ("GET", "/fleet", viewer), ("POST", "/rollouts/r-1/pause", `operator`),
    ]
}()

@Suite("Who may do what", .timeLimit(.minutes(2)))
struct AccessTests {
    @Test("Every route lets in the roles that it needs, and no other")
    func table() async throws {
        try await TestServer.with { server in
            for need in routeNeeds {
                for role in Role.allCases {
                    let body: [UInt8]? = need.method == "POST" || need.method == "PUT" ? [] : nil
                    let answer = try await server.ask(
                        need.method, need.path, token: role.rawValue, headers: [("X-Halcyon-Agent", "a1")], body: body)
                    let what = "\(need.method) \(need.path) as \(role.rawValue): \(answer.status)"
                    if need.roles.contains(role) {
                        #expect(answer.status != 401 && answer.status != 403, "\(what)")
                    } else {
                        #expect(answer.status == 403, "\(what)")
                        if need.method != "HEAD" { #expect(answer.text.contains("role"), "\(what)") }
                    }
                }
            }
        }
    }

    @Test("Without a token everything but health, log-in and assets is refused", arguments: ["", "nobody"])
    func unauthenticated(token: String) async throws {
        for half in [routeNeeds.prefix(25), routeNeeds.dropFirst(25)] {
            try await TestServer.with { server in
                for need in half where need.path.hasPrefix("/v1") || need.path == "/metrics" {
                    let answer = try await server.ask(
                        need.method, need.path, token: token.isEmpty ? nil : token,
                        body: need.method == "GET" ? nil : [])
                    #expect(answer.status == 401, "\(need.method) \(need.path)")
                    #expect(answer.headers["www-authenticate"] == "Bearer")
                }
            }
        }
        try await TestServer.with { server in
            for path in ["/healthz", "/readyz", "/login", "/assets/page.css"] {
                #expect(try await server.ask("GET", path).status == 200, "\(path)")
            }
            let fleet = try await server.ask("GET", "/fleet?region=eu")
            #expect(fleet.status == 303)
            #expect(fleet.headers["location"] == "/login?next=/fleet%3Fregion%3Deu")
            #expect(try await server.ask("POST", "/rollouts/r-1/pause", body: []).status == 401)
            #expect(try await server.ask("GET", "/v1/no/such/thing").status == 401)
            #expect(try await server.ask("GET", "/ofrep/v1/evaluate").status == 401)
        }
    }

    @Test("Too many requests without a valid token are turned away, while valid tokens still work")
    func failureLimit() async throws {
        try await TestServer.with { server in
            var statuses: [Int] = []
            var retryAfter: String?
            for _ in 0..<60 {
                let answer = try await server.ask("GET", "/v1/status", token: "guess")
                statuses.append(answer.status)
                if answer.status == 429 { retryAfter = answer.headers["retry-after"] }
            }
            #expect(statuses.first == 401)
            #expect(statuses.contains(429))
            #expect(["1", "2"].contains(retryAfter))
            let turnedAway = try await server.ask("GET", "/v1/status", token: "guess")
            #expect(turnedAway.headers["connection"] == "close")
            #expect(try await server.ask("GET", "/v1/status", token: "viewer").status == 200)
        }
    }

    @Test("With --dev everybody on this machine is an admin, but only under a loopback name and from our own pages")
    func dev() async throws {
        try await TestServer.with(dev: true) { server in
            #expect(try await server.ask("GET", "/v1/tokens").status == 200)
            #expect(try await server.ask("DELETE", "/v1/hosts/a").status == 204)
            #expect(server.surface.calls.last == "delete host a by dev")
            for (host, status) in [
                ("127.0.0.1:8080", 200), ("[::1]:8080", 200), ("LOCALHOST", 200), ("web.localhost:1", 200),
                ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("localhost.evil.example:80", 403),
                ("127.0.0.1:80:80", 403), ("", 403),
            ] {
                let answer = try await server.ask("GET", "/v1/status", headers: [("Host", host)])
                #expect(answer.status == status, "\(host)")
                let report = try await server.ask(
                    "POST", "/v1/agent/report",
                    headers: [("Host", host), ("X-Halcyon-Host", "a"), ("X-Halcyon-Agent", "a")], body: [])
                #expect((report.status == 204) == (status == 200), "\(host)")
            }
            let foreign = [("Sec-Fetch-Site", "cross-site")]
            #expect(try await server.ask("POST", "/v1/hosts/a/revoke", headers: foreign, body: []).status == 403)
            #expect(try await server.ask("POST", "/rollouts/r/pause", headers: foreign, body: []).status == 403)
            let origin = [("Origin", "http://evil.example")]
            #expect(try await server.ask("POST", "/v1/hosts/a/revoke", headers: origin, body: []).status == 403)
            let own = [("Origin", "http://localhost"), ("Host", "localhost")]
            #expect(try await server.ask("POST", "/v1/hosts/a/revoke", headers: own, body: []).status == 204)
        }
    }

    @Test("With --dev the server listens on loopback addresses only")
    func devAddress() async throws {
        await #expect(throws: Problem.self) {
            try await HTTPSurfaceOn.run(host: "0.0.0.0", port: 0, dev: true)
        }
    }

    @Test("A cookie logs a browser in; it writes only from our own pages")
    func cookie() async throws {
        try await TestServer.with { server in
            let form = [("Content-Type", "application/x-www-form-urlencoded")]
            let login = try await server.ask(
                "POST", "/login", headers: form, body: Array("token=operator&next=%2Ffleet".utf8))
            #expect(login.status == 303)
            #expect(login.headers["location"] == "/fleet")
            let cookie = try #require(login.headers["set-cookie"])
            #expect(cookie.hasPrefix("halcyon_token=operator; Path=/; Max-Age="))
            #expect(cookie.contains("; HttpOnly; SameSite=Strict"))
            let sent = [("Cookie", "theme=dark; halcyon_token=operator")]
            let page = try await server.ask("GET", "/fleet", headers: sent)
            #expect(page.text == "GET /fleet operator []")
            #expect(try await server.ask("GET", "/v1/status", headers: sent).status == 200)
            let own = sent + form + [("Sec-Fetch-Site", "same-origin")]
            let pause = try await server.ask(
                "POST", "/rollouts/r-1/pause", headers: own, body: Array("reason=too+hot%21".utf8))
            #expect(pause.text == "POST /rollouts/r-1/pause operator [reason=too hot!]")
            for headers in [sent, sent + [("Sec-Fetch-Site", "same-site")], sent + [("Origin", "https://localhost")]] {
                #expect(try await server.ask("POST", "/rollouts/r-1/pause", headers: headers, body: []).status == 403)
                #expect(
                    try await server.ask("POST", "/v1/rollouts/r-1/pause", headers: headers, body: []).status == 403)
            }
            let logout = try await server.ask("POST", "/logout", headers: own, body: [])
            #expect(logout.headers["set-cookie"]?.hasPrefix("halcyon_token=; Path=/; Max-Age=0") == true)
        }
    }

    @Test("A wrong log-in shows the form again; a log-in never leads to another site")
    func wrongLogin() async throws {
        try await TestServer.with { server in
            let wrong = try await server.ask("POST", "/login", body: Array("token=nobody".utf8))
            #expect(wrong.status == 401)
            #expect(wrong.text == "POST /login nobody []")
            #expect(try await server.ask("POST", "/login", body: Array("token=agent".utf8)).status == 401)
            for next in ["//evil.example", "https://evil.example", "/\\evil.example", "/a%0d%0ab"] {
                let answer = try await server.ask("POST", "/login", body: Array("token=viewer&next=\(next)".utf8))
                #expect(answer.headers["location"] == "/", "\(next)")
            }
        }
    }

    @Test("Every answer has its security headers")
    func securityHeaders() async throws {
        try await TestServer.with { server in
            for (path, token) in [("/v1/status", "viewer"), ("/login", nil), ("/v1/none", "viewer"), ("/healthz", nil)]
            {
                let answer = try await server.ask("GET", path, token: token)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["x-frame-options"] == "DENY")
                #expect(answer.headers["content-security-policy"]?.hasPrefix("default-src ") == true)
                #expect(answer.headers["content-security-policy"]?.contains("unsafe") == false)
                #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
            }
        }
    }
}
