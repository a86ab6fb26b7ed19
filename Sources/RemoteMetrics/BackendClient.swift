import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Values
import Wire

/// Asks one backend, for a bounded time and a bounded answer.
final class BackendClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    /// Why there is no answer; the words name the backend and no secret.
    struct Failure: Error {
        var reason: String
    }

    let settings: BackendSettings
    private let http: HTTPClient
    private let credentials: Credentials
    private let userAgent: String

    /// - Throws: when the certificates or the headers cannot be read.
    init(_ settings: BackendSettings, release: String) throws(Problem) {
        self.settings = settings
        userAgent = "halcyon/\(release)"
        credentials = Credentials(settings)
        _ = try credentials.headers()
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(5)))
        if let path = settings.authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
                throw Problem(.invalid, "\(path) holds no certificates in PEM")
            }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(certificates)
            configuration.tlsConfiguration = tls
        }
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.httpVersion = .http1Only
        // Who asks tries again in its own time: a backend that refuses is told as that, and not as late.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// - Parameters:
    ///   - target: what comes behind the address: a path, and a query.
    ///   - body: sent by POST; `nil` asks with GET.
    ///   - limit: of the answer's body, in bytes; more is an error.
    func ask(
        _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil, timeout: Period, limit: Int
    ) async throws(Failure) -> Answer {
        var request = HTTPClientRequest(url: settings.url + target)
        request.method = body == nil ? .GET : .POST
        request.headers.add(name: "User-Agent", value: userAgent)
        do throws(Problem) {
            for (name, value) in try credentials.headers() { request.headers.replaceOrAdd(name: name, value: value) }
        } catch {
            throw failure(error.message)
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let complete = request
        // The client's own deadline ends with the head of the answer: a body may come for ever.
        let answer = await withTaskGroup(of: Result<Answer, Failure>?.self) { group in
            group.addTask { await self.perform(complete, timeout, limit: limit) }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(max(timeout.milliseconds, 1)))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let answer else {
            throw failure(Task.isCancelled ? "the request was given up" : "no answer within \(timeout)")
        }
        return try answer.get()
    }

    private func perform(
        _ request: HTTPClientRequest, _ timeout: Period, limit: Int
    ) async -> Result<Answer, Failure> {
        do {
            let deadline = NIODeadline.now() + .milliseconds(max(timeout.milliseconds, 1))
            let response = try await http.execute(request, deadline: deadline)
            var collected: [UInt8] = []
            for try await buffer in response.body {
                guard collected.count + buffer.readableBytes <= limit else {
                    throw failure("its answer has more than \(limit >> 20) MiB")
                }
                collected.append(contentsOf: buffer.readableBytesView)
            }
            return .success(Answer(status: Int(response.status.code), headers: response.headers, body: collected))
        } catch let error as Failure {
            return .failure(error)
        } catch {
            return .failure(failure(BackendClient.words(error, timeout)))
        }
    }

    func failure(_ reason: String) -> Failure { Failure(reason: "\(settings.shown): \(reason)") }

    private static func words(_ error: any Error, _ timeout: Period) -> String {
        guard let known = error as? HTTPClientError else {
            if error is CancellationError { return "the request was given up" }
            return "the connection could not be made or was lost"
        }
        switch known {
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            return "no answer within \(timeout)"
        case .connectTimeout: return "it cannot be reached"
        case .cancelled: return "the request was given up"
        case .remoteConnectionClosed: return "the connection was closed in the middle of the answer"
        default: return "the request failed (\(known.shortDescription))"
        }
    }

    func shutDown() async {
        // The only errors are that it was shut down already, or that an attempt was cut off: neither needs anything done.
        try? await http.shutdown()
    }
}
