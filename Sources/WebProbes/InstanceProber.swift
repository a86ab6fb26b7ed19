import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import Ports
import Specs
import Values

/// Asks instances over HTTP. Call `shutdown` when done.
public struct InstanceProber: WebProber {
    private let client: HTTPClient
    private let userAgent: String

    /// More of a body is not read.
    private static let longestBody = 65_536

    /// - Parameter release: Halcyon's version, for the `User-Agent` header.
    public init(release: String) {
        // Redirects are answers, and each request has its own time-out.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.httpVersion = .http1Only
        // The check counts failures itself: trying again behind its back would hide them.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        userAgent = "halcyon/\(release)"
    }

    /// Answers within the question's time-out, whatever the instance does.
    public func ask(_ question: WebQuestion) async -> WebAnswer {
        var request = HTTPClientRequest(url: question.url)
        request.method = HTTPMethod(rawValue: question.method.rawValue)
        request.headers.add(name: "User-Agent", value: userAgent)
        // A new version is judged by new connections, as most of its clients make them.
        request.headers.add(name: "Connection", value: "close")
        return await answer(to: request, within: question.timeout)
    }

    /// The client's own deadline would end with the head of an answer: a body may drip for ever.
    private func answer(to request: HTTPClientRequest, within timeout: Period) async -> WebAnswer {
        await withTaskGroup(of: WebAnswer.self) { group in
            group.addTask { await answer(to: request) }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(timeout.milliseconds))
                return .failed("no whole answer within \(timeout)")
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failed("nobody asked")
        }
    }

    private func answer(to request: HTTPClientRequest) async -> WebAnswer {
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            return .answered(status: Int(response.status.code), body: try await beginning(of: response.body))
        } catch let error as HTTPClientError {
            return .failed(error.shortDescription)
        } catch {
            return .failed("the connection could not be made or was lost")
        }
    }

    private func beginning(of body: HTTPClientResponse.Body) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in body {
            bytes += buffer.readableBytesView.prefix(InstanceProber.longestBody - bytes.count)
            if bytes.count >= InstanceProber.longestBody { break }
        }
        return bytes
    }

    /// Ends what is under way; afterwards nothing can be asked.
    public func shutdown() async {
        // The only errors are that it was shut down already, or that a request was cut off: neither needs anything done.
        try? await client.shutdown()
    }
}
