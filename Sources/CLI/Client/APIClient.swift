import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import Wire

/// Speaks to one server. Every wait has an end: connecting, the answer's head, and silence within a body.
struct APIClient: Sendable {
    static let connectTimeout = TimeAmount.seconds(5)
    static let answerTimeout = TimeAmount.seconds(60)
    /// A live stream carries at least a comment every 15 seconds.
    static let silenceTimeout = TimeAmount.seconds(45)
    /// No answer that is held in memory is larger than this.
    static let answerLimit = 128 << 20

    let location: ServerLocation
    let http: HTTPClient

    /// Opens a client for the time of `body`.
    ///
    /// - Parameter silence: How long a body may bring nothing; `nil` for a stream that may be quiet for hours.
    static func with<Result: Sendable>(
        _ location: ServerLocation, certificate: String? = nil, silence: TimeAmount? = APIClient.silenceTimeout,
        _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: connectTimeout, read: silence)
        // A person waits: a server that refuses is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = try tlsConfiguration(certificate: certificate)
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(APIClient(location: location, http: http))
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    private static func tlsConfiguration(certificate: String?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard let certificate else { return configuration }
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(certificate)
            guard !certificates.isEmpty else { throw CommandFailure.wrongCall("") }
            configuration.trustRoots = .certificates(certificates)
        } catch {
            throw CommandFailure.wrongCall("\(certificate) is not a readable PEM file with certificates")
        }
        return configuration
    }

    // MARK: Requests

    /// Asks for a value.
    func get<Answer: Decodable>(_ path: Path) async throws -> Answer {
        try decode(try await body(of: try await send(request(.GET, path))), from: path)
    }

    /// Asks for a text.
    func text(_ path: Path) async throws -> String {
        String(buffer: try await body(of: try await send(request(.GET, path))))
    }

    /// Sends a value and reads one back.
    func post<Answer: Decodable>(_ path: Path, _ value: some Encodable) async throws -> Answer {
        var request = request(.POST, path)
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(value)))
        return try decode(try await body(of: try await send(request)), from: path)
    }

    /// Makes a request whose answer has no body.
    func perform(_ method: HTTPMethod, _ path: Path) async throws {
        _ = try await body(of: try await send(request(method, path)))
    }

    func request(_ method: HTTPMethod, _ path: Path) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: location.address + path.text)
        request.method = method
        request.headers.add(name: "User-Agent", value: "halcyon/\(Release.current)")
        request.headers.add(name: "Accept", value: "application/json")
        if let token = location.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// Sends a request and waits for the answer's head; anything but success is thrown as the server's `Problem`.
    func send(_ request: HTTPClientRequest, timeout: TimeAmount = answerTimeout) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: timeout)
        } catch {
            throw unreachable(error)
        }
        guard (200..<300).contains(response.status.code) else {
            throw await problem(in: response, to: request)
        }
        return response
    }

    // MARK: Answers

    private func body(of response: HTTPClientResponse) async throws -> ByteBuffer {
        do {
            return try await response.body.collect(upTo: APIClient.answerLimit)
        } catch {
            throw unreachable(error)
        }
    }

    private func decode<Answer: Decodable>(_ body: ByteBuffer, from path: Path) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
        } catch {
            throw CommandFailure.failed(
                "\(location.address) answered \(path.text) with something this program does not understand;"
                    + " compare both releases with: halcyon version")
        }
    }

    private func problem(in response: HTTPClientResponse, to request: HTTPClientRequest) async -> Problem {
        let body = try? await response.body.collect(upTo: 1 << 20)
        let data = body.map { Data($0.readableBytesView) } ?? Data()
        var problem =
            (try? JSONDecoder().decode(Problem.self, from: data)) ?? foreignProblem(response, to: request)
        if response.status == .unauthorized, problem.hint == nil { problem.hint = tokenHint }
        return problem
    }

    /// What an answer means that no Halcyon server gives, for example a proxy's page.
    private func foreignProblem(_ response: HTTPClientResponse, to request: HTTPClientRequest) -> Problem {
        let status = "\(response.status.code) \(response.status.reasonPhrase)"
        let kind: Problem.Kind
        switch response.status.code {
        case 401: kind = .unauthenticated
        case 403: kind = .forbidden
        case 404, 405: kind = .notFound
        case 409: kind = .conflict
        case 413: kind = .tooLarge
        case 400..<500: kind = .invalid
        case 503: kind = .unavailable
        default: kind = .internal
        }
        if kind == .tooLarge { return Problem(kind, "the request is larger than \(location.address) takes") }
        return Problem(
            kind, "\(request.method.rawValue) \(request.url) was answered with \(status)",
            hint: "is \(location.address) (from \(location.origin)) a Halcyon server, of a release that knows this?")
    }

    private var tokenHint: String {
        let source =
            location.tokenOrigin.map { "the token came from \($0)" }
            ?? "no token was sent: set HALCYON_TOKEN or give --token-file"
        return ([source] + location.notes).joined(separator: "\n")
    }
}
