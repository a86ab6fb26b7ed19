public import Documents
public import Values

/// A web request that every instance is asked, again and again, and what its answer must be.
public struct WebProbe: Hashable, Sendable {
    /// Requests that change nothing: a probe asks instances that serve people.
    public enum Method: String, Hashable, CaseIterable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case options = "OPTIONS"
    }

    /// An `http` or `https` address. `${ADDRESS}` and `${PORT}` are the instance's own, as in the service's `listen`;
    /// a path alone (`/healthz`) is asked at the address where the service listens.
    public var url: String
    /// GET unless told.
    public var method: Method
    /// What a right answer is.
    public var expect: WebExpectation
    /// An answer that takes longer is a wrong one.
    public var timeout: Period
    /// How often each instance is asked.
    public var every: Period

    public init(
        url: String, method: Method = .get, expect: WebExpectation = WebExpectation(), timeout: Period = .seconds(2),
        every: Period = .seconds(5)
    ) {
        self.url = url
        self.method = method
        self.expect = expect
        self.timeout = timeout
        self.every = every
    }
}

/// What a right answer is: everything that is said of it must be so.
public struct WebExpectation: Hashable, Sendable {
    /// The status must be in one of these.
    public var status: [ClosedRange<Int>]
    /// A text that the body must contain.
    public var body: String?
    /// A value in the body, which must be JSON then.
    public var json: JSONExpectation?

    public init(status: [ClosedRange<Int>] = [200...299], body: String? = nil, json: JSONExpectation? = nil) {
        self.status = status
        self.body = body
        self.json = json
    }
}

/// A value in a JSON document.
public struct JSONExpectation: Hashable, Sendable {
    /// Keys and places, for example `checks[0].state`.
    public var path: String
    /// A scalar that it must equal; `nil` when it only must be there.
    public var equals: Node.Value?

    public init(path: String, equals: Node.Value? = nil) {
        self.path = path
        self.equals = equals
    }
}
