import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Values
import Wire

/// An answer of the server that is not the one hoped for.
struct ServerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    var status: Int
    /// The server's words.
    var message: String

    var description: String { message.isEmpty ? "the server answered \(status)" : "\(message) (\(status))" }
}

/// The agent's calls to its server.
final class ServerClient: Sendable {
    private let http: HTTPClient
    private let server: String
    private let host: String
    private let agent: String
    private let token: Mutex<String?>
    private let certificates: ServerCertificates?

    /// - Parameter token: the agent's credential, when it has one.
    init(
        _ configuration: AgentConfiguration, agent: String, token: String?, group: any EventLoopGroup,
        snapshot: Snapshot
    ) {
        var settings = HTTPClient.Configuration()
        settings.httpVersion = .http1Only
        // The stream, reports, samples, downloads and logs never wait for each other.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        // The server writes a comment into an idle stream every 15 s.
        settings.timeout = .init(connect: .seconds(5), read: .seconds(45))
        settings.redirectConfiguration = .follow(max: 5, allowCycles: false)
        certificates = configuration.caCertificate.map { ServerCertificates(path: $0, snapshot: snapshot) }
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
        server = configuration.server.hasSuffix("/") ? String(configuration.server.dropLast()) : configuration.server
        host = configuration.host
        self.agent = agent
        self.token = Mutex(token)
    }

    func use(token: String) { self.token.withLock { $0 = token } }

    /// A request to the server, with the agent's credential.
    func request(_ method: HTTPMethod, _ path: String, token override: String? = nil) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + path)
        request.method = method
        request.headers.add(name: "X-Halcyon-Agent", value: agent)
        request.headers.add(name: "X-Halcyon-Host", value: host)
        if let token = override ?? token.withLock({ $0 }) {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        return request
    }

    /// - Parameter timeout: for the answer's head and body together.
    func execute(_ request: HTTPClientRequest, timeout: TimeAmount) async throws -> HTTPClientResponse {
        var request = request
        if request.url.hasPrefix("https:") { request.tlsConfiguration = try certificates?.configuration() }
        return try await http.execute(request, deadline: .now() + timeout)
    }

    func shutdown() async { try? await http.shutdown() }

    /// Sends a body and wants a success; the answer's body has at most 1 MiB.
    @discardableResult
    func post(_ path: String, _ bytes: [UInt8], type: String = "application/json", token: String? = nil) async throws
        -> [UInt8]
    {
        var request = request(.POST, path, token: token)
        request.headers.add(name: "Content-Type", value: type)
        request.body = .bytes(ByteBuffer(bytes: bytes))
        let response = try await execute(request, timeout: .seconds(15))
        try await check(response)
        return Array(buffer: try await response.body.collect(upTo: 1 << 20))
    }

    func post(_ path: String, json value: some Encodable, token: String? = nil) async throws -> [UInt8] {
        try await post(path, Array(JSONEncoder().encode(value)), token: token)
    }

    /// Throws when the answer is no success.
    func check(_ response: HTTPClientResponse) async throws {
        guard !(200..<300).contains(response.status.code) else { return }
        let body = try? await response.body.collect(upTo: 65_536)
        let problem = body.flatMap { try? JSONDecoder().decode(Problem.self, from: Data(Array(buffer: $0))) }
        throw ServerRefusal(status: Int(response.status.code), message: problem?.message ?? "")
    }
}
