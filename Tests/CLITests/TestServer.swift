import NIOHTTP1
import TestSupport

/// What a test server was asked.
struct TestRequest: Sendable {
    var method: String
    /// The path with its query.
    var path: String
    var headers: [String: String]
    var body: String
}

/// What a test server answers.
struct TestReply: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body = ""
    /// False leaves the answer open, as a live stream does.
    var ends = true
    /// True closes the connection in the middle of the answer.
    var breaks = false

    static func json(_ text: String) -> TestReply {
        TestReply(headers: ["Content-Type": "application/json"], body: text)
    }

    static func problem(_ status: Int, _ text: String) -> TestReply {
        TestReply(status: status, headers: ["Content-Type": "application/json"], body: text)
    }
}

/// Serves HTTP on a loopback port for the time of `body`.
func withTestServer<Result: Sendable>(
    _ respond: @escaping @Sendable (TestRequest) -> TestReply, _ body: (_ address: String) async throws -> Result
) async throws -> Result {
    let server = LocalServer { respond(TestRequest($0)).answer }
    try await server.start()
    do {
        let result = try await body(server.url)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

extension TestRequest {
    fileprivate init(_ request: ReceivedRequest) {
        method = request.head.method.rawValue
        path = request.head.uri
        headers = Dictionary(request.head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }
        body = String(decoding: request.body, as: UTF8.self)
    }
}

extension TestReply {
    fileprivate var answer: LocalServer.Answer {
        if breaks || !ends { return .beginning(body, closes: breaks) }
        return .status(HTTPResponseStatus(statusCode: status), headers: headers, body: body)
    }
}
