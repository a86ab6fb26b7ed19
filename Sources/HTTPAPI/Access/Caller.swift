/// What a request says about who sends it: all that admission needs, whichever HTTP library parsed the request.
struct Caller: Sendable {
    /// From `Authorization: Bearer …`.
    var bearer: String?
    /// The value of the `Cookie` header.
    var cookies: String?
    /// The `Host` header.
    var host: String?
    var origin: String?
    /// What a browser says about the page that made the request: `Sec-Fetch-Site`.
    var fetchSite: String?
    /// `X-Halcyon-Host`, which names the agent's host with `--dev`.
    var agentHost: String?
    /// Whether the method may change something.
    var writes: Bool
    var isTLS: Bool
    var address: RemoteAddress

    static let cookieName = "halcyon_token"

    /// The token of a browser that has logged in.
    var cookieToken: String? {
        guard let cookies else { return nil }
        for pair in cookies.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            if parts[0].trimmingSpaces == Caller.cookieName[...] { return String(parts[1].trimmingSpaces) }
        }
        return nil
    }

    /// The token in the value of an `Authorization` header; the scheme's case does not matter.
    static func bearerToken(_ value: String?) -> String? {
        guard let value, value.count > 7, value.prefix(7).lowercased() == "bearer " else { return nil }
        let token = value.dropFirst(7).trimmingSpaces
        return token.isEmpty ? nil : String(token)
    }
}

extension Substring {
    var trimmingSpaces: Substring {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}

extension String {
    var trimmingSpaces: Substring { self[...].trimmingSpaces }
}
