import HTTPTypes
import HummingbirdCore

/// One line of the route table: everything there is to know about a route, for serving and for the OpenAPI document.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    let pattern: PathPattern
    let access: Access
    /// One sentence.
    let summary: String
    let query: [QueryField]
    let body: RequestForm
    let answer: AnswerForm
    let handle: Handler

    init(
        _ method: HTTPRequest.Method, _ pattern: String, _ access: Access, _ summary: String,
        query: [QueryField] = [], body: RequestForm = .none, answer: AnswerForm, handle: @escaping Handler
    ) {
        self.method = method
        self.pattern = PathPattern(pattern)
        self.access = access
        self.summary = summary
        self.query = query
        self.body = body
        self.answer = answer
        self.handle = handle
    }
}

/// What a route takes in its body.
enum RequestForm: Sendable {
    case none
    case json(BodyForm)
    case bytes
    case text
}

/// What a route answers when all goes well.
enum AnswerForm: Sendable {
    case json(String)
    case list(String)
    case text
    case bytes
    case events
    case nothing
    case document
}

/// A field of a route's query.
struct QueryField: Sendable {
    enum Kind: Sendable {
        case text
        case flag
        case number(ClosedRange<Int64>)
    }

    let name: String
    let kind: Kind
    let isRequired: Bool
    let meaning: String

    static func text(_ name: String, required: Bool = false, _ meaning: String) -> QueryField {
        QueryField(name: name, kind: .text, isRequired: required, meaning: meaning)
    }

    static func flag(_ name: String, _ meaning: String) -> QueryField {
        QueryField(name: name, kind: .flag, isRequired: false, meaning: meaning)
    }

    static func number(_ name: String, _ range: ClosedRange<Int64>, _ meaning: String) -> QueryField {
        QueryField(name: name, kind: .number(range), isRequired: false, meaning: meaning)
    }
}
