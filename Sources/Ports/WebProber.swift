public import Specs
public import Values

/// Asks an instance over the web.
public protocol WebProber: Sendable {
    /// One request, which ends within its time-out. Redirects are not followed: they are answers.
    func ask(_ question: WebQuestion) async -> WebAnswer
}

/// A request that changes nothing.
public struct WebQuestion: Hashable, Sendable {
    /// An `http` or `https` address.
    public var url: String
    public var method: WebProbe.Method
    public var timeout: Period

    public init(url: String, method: WebProbe.Method, timeout: Period) {
        (self.url, self.method, self.timeout) = (url, method, timeout)
    }
}

public enum WebAnswer: Hashable, Sendable {
    /// The beginning of the body is enough for what is looked for.
    case answered(status: Int, body: [UInt8])
    /// No answer, and why.
    case failed(String)
}
