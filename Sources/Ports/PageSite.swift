public import Wire

/// A request for a page or an asset. The HTTP surface has checked the token, and that a form comes from our own pages.
public struct PageRequest: Sendable {
    /// `GET` or `POST`; a HEAD request arrives as `GET` and loses the body of its answer on the way out.
    public var method: String
    /// Percent-decoded, without the query, for example `/rollouts/storefront-3`.
    public var path: String
    public var query: [String: String]
    /// The fields of an urlencoded form; the `token` of a login is never among them.
    public var form: [String: String]
    /// Who asks; `nil` only for `/login` and `/assets/…`.
    public var principal: Principal?
    /// True with `--dev`: there are no tokens, so nobody logs in or out.
    public var dev: Bool
    /// What can be asked of metrics while this request is answered; `nil` on a server without them.
    public var metrics: (any MetricsQuestions)?

    public init(
        method: String, path: String, query: [String: String] = [:], form: [String: String] = [:],
        principal: Principal?, dev: Bool, metrics: (any MetricsQuestions)? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.form = form
        self.principal = principal
        self.dev = dev
        self.metrics = metrics
    }
}

/// A whole answer. The HTTP surface adds the security headers: nothing inline is run or drawn, only files of our own.
public struct PageResponse: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]

    public init(status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The page: HTML, style sheets and scripts for people with a browser.
///
/// The HTTP surface answers a right `POST /login` and `POST /logout` itself. A `POST /login` that reaches the site had
/// a wrong token: the site shows the form again and says so (the status becomes 401).
public protocol PageSite: Sendable {
    func respond(to request: PageRequest) async -> PageResponse
}
