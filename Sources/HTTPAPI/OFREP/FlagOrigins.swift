/// Which web pages may read the answers (the Fetch standard's CORS protocol).
struct FlagOrigins: Sendable {
    private let all: Bool
    private let named: Set<String>
    private let dev: Bool

    init(_ origins: [String], dev: Bool) {
        all = origins.contains("*")
        named = Set(origins.map { $0.lowercased() })
        self.dev = dev
    }

    /// The headers that let a page read the answer; none when it may not.
    func headers(for origin: String?) -> [(String, String)] {
        guard let origin, allows(origin) else { return [] }
        return [
            ("access-control-allow-origin", origin), ("vary", "origin"),
            ("access-control-expose-headers", "etag, retry-after"), ("cross-origin-resource-policy", "cross-origin"),
        ]
    }

    /// What a browser wants to hear before it sends a request of a page.
    func preflight(for origin: String?) -> [(String, String)] {
        let headers = headers(for: origin)
        guard !headers.isEmpty else { return [] }
        return headers + [
            ("access-control-allow-methods", "POST, GET"),
            (
                "access-control-allow-headers",
                "authorization, content-type, flagd-selector, if-none-match, last-event-id, x-api-key"
            ),
            ("access-control-max-age", "600"),
        ]
    }

    private func allows(_ origin: String) -> Bool {
        let origin = origin.lowercased()
        if all || named.contains(origin) { return true }
        guard dev, let scheme = origin.firstRange(of: "://") else { return false }
        return Gate.isLoopback(String(origin[scheme.upperBound...]))
    }
}
