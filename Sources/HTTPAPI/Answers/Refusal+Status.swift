import NIOHTTP1
import Wire

extension Refusal {
    init(_ problem: Problem) {
        self.init(status: problem.kind.status, problem: problem)
        if problem.kind == .unavailable { headers = [("retry-after", "2")] }
    }

    /// A request that is not HTTP, or more of it than allowed.
    init(parserError: HTTPParserError) {
        switch parserError {
        case .headerOverflow:
            self.init(
                status: 431,
                problem: Problem(
                    .tooLarge, "the request's head is larger than the \(Limits.headerListBytes) bytes that are allowed")
            )
        case .invalidVersion:
            self.init(status: 505, problem: Problem(.invalid, "only HTTP/1.0 and HTTP/1.1 are spoken here"))
        default:
            self.init(status: 400, problem: Problem(.invalid, "the request is not well-formed HTTP (\(parserError))"))
        }
    }
}

extension Problem.Kind {
    /// The HTTP status that fits.
    var status: Int {
        switch self {
        case .invalid: return 400
        case .unauthenticated: return 401
        case .forbidden: return 403
        case .notFound: return 404
        case .conflict, .refused: return 409
        case .tooLarge: return 413
        case .unavailable: return 503
        case .internal: return 500
        }
    }
}
