import AsyncHTTPClient
import Compression
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Runtimes
import Specs
import Synchronization
import Targets
import Values

/// Asks targets for what they show.
final class TargetClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var contentType: String
        var body: [UInt8]
    }

    /// Why there is no answer.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct Trust {
        var stamps: [FileStamp]
        var configuration: TLSConfiguration
    }

    private let http: HTTPClient
    private let trusts = Mutex<[TLSSettings: Trust]>([:])

    init(group: any EventLoopGroup) {
        var settings = HTTPClient.Configuration()
        settings.httpVersion = .http1Only
        settings.redirectConfiguration = .follow(max: 5, allowCycles: false)
        // The next scrape is the retry: a port that refuses is reported as that, and not as late.
        settings.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
    }

    func shutdown() async { try? await http.shutdown() }

    /// - Parameter path: of a file that the configuration names, made absolute.
    func get(_ endpoint: ScrapeEndpoint, of job: ScrapeJob, path: (String) -> String) async throws(Failure) -> Answer {
        let limit = Int(min(job.rules.bodySizeLimit ?? ScrapeRules.largestBody, ScrapeRules.largestBody).bytes)
        let request = try request(endpoint, of: job, path: path)
        let timeout = max(endpoint.timeout, .milliseconds(1))
        // The client's own deadline ends with the head of the answer: a body may come for ever.
        let answer = await withTaskGroup(of: Result<Answer, Failure>?.self) { group in
            group.addTask { await self.perform(request, timeout, limit: limit) }
            group.addTask {
                await pause(timeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let answer else { throw TargetClient.late }
        return try answer.get()
    }

    private static let late = Failure(description: "no answer in time")

    private func perform(_ request: HTTPClientRequest, _ timeout: Period, limit: Int) async -> Result<Answer, Failure> {
        do {
            let response = try await http.execute(request, deadline: .now() + .milliseconds(timeout.milliseconds))
            guard response.status.code == 200 else {
                return .success(Answer(status: Int(response.status.code), contentType: "", body: []))
            }
            var body = try await response.body.collect(upTo: limit)
            if response.headers.first(name: "content-encoding")?.lowercased() == "gzip" {
                body = try Gzip.unpack(body, limit: limit)
            }
            let contentType = response.headers.first(name: "content-type") ?? ""
            return .success(Answer(status: 200, contentType: contentType, body: Array(buffer: body)))
        } catch {
            return .failure(Failure(description: TargetClient.words(error, limit: limit)))
        }
    }

    private func request(
        _ endpoint: ScrapeEndpoint, of job: ScrapeJob, path: (String) -> String
    ) throws(Failure) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: endpoint.url)
        request.headers = [
            "User-Agent": "halcyon-agent", "Accept": InstanceClient.accepted,
            "X-Prometheus-Scrape-Timeout-Seconds": "\(endpoint.timeout.seconds)",
        ]
        if job.isCompressed { request.headers.add(name: "Accept-Encoding", value: "gzip") }
        switch job.credentials {
        case nil: break
        case .basic(let user, let password):
            let pair = "\(try text(user, path)):\(try text(password, path))"
            request.headers.add(name: "Authorization", value: "Basic \(Data(pair.utf8).base64EncodedString())")
        case .authorization(let type, let secret):
            request.headers.add(name: "Authorization", value: "\(type) \(try text(secret, path))")
        }
        if endpoint.url.hasPrefix("https:"), job.tls != TLSSettings() {
            request.tlsConfiguration = try configuration(job.tls, path: path)
        }
        return request
    }

    private func text(_ secret: SecretSource, _ path: (String) -> String) throws(Failure) -> String {
        switch secret {
        case .text(let text): return text
        case .file(let file):
            let bytes: [UInt8]?
            do { bytes = try AtomicFile.read(path(file)) } catch {
                throw Failure(description: "\(path(file)) cannot be read: \(error)")
            }
            guard let bytes, let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(description: "\(path(file)) holds no text")
            }
            return String(text.reversed().drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace))
        }
    }

    /// The files are read again when they change.
    private func configuration(
        _ settings: TLSSettings, path: (String) -> String
    ) throws(Failure) -> TLSConfiguration {
        let files = [settings.authorities, settings.certificate, settings.key].compactMap { $0.map(path) }
        let stamps = files.map(FileStamp.init)
        if let known = trusts.withLock({ $0[settings] }), known.stamps == stamps { return known.configuration }
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            if settings.skipsVerification { configuration.certificateVerification = .none }
            if let file = settings.authorities {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path(file)))
            }
            if let certificate = settings.certificate, let key = settings.key {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(path(certificate))
                    .map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: path(key), format: .pem))
            }
        } catch {
            throw Failure(description: "the certificates of tls_config cannot be used: \(error)")
        }
        let made = Trust(stamps: stamps, configuration: configuration)
        trusts.withLock { trusts in
            if trusts.count >= 100 { trusts = [:] }
            trusts[settings] = made
        }
        return configuration
    }

    private static func words(_ error: any Error, limit: Int) -> String {
        if let error = error as? Gzip.Failure, error != .tooLarge {
            return "the answer is not the gzip data that it is said to be"
        }
        if error is NIOTooManyBytesError || error is Gzip.Failure { return "the answer is larger than \(limit) bytes" }
        if error is CancellationError { return late.description }
        if let error = error as? HTTPClientError {
            switch error {
            case .deadlineExceeded, .connectTimeout, .readTimeout, .requestStreamCancelled, .cancelled:
                return late.description
            case .remoteConnectionClosed: return "the connection was closed before the answer was complete"
            default: return error.shortDescription
            }
        }
        let inner = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        if let system = inner as? IOError { return String(cString: strerror(system.errnoCode)).lowercased() }
        if inner is NIOSSLError || inner is NIOSSLExtraError {
            return "\(inner)".contains("CERTIFICATE_VERIFY_FAILED")
                ? "the target's certificate is not trusted: tls_config has ca_file" : "TLS failed: \(inner)"
        }
        return "\(inner)"
    }
}
