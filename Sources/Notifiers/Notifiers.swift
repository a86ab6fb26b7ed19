import AsyncHTTPClient
import NIOCore
public import Ports
public import Specs
import Values

/// Delivers notifications to every kind of receiver. One attempt a call, which ends within ten seconds.
///
/// Call `shutdown` when done. Redirects are never followed: a receiver's address is what was configured.
public struct Notifiers: Notifier {
    private let poster: Poster

    /// - Parameter release: Halcyon's version, for the `User-Agent` header.
    public init(release: String) {
        self.init(release: release, timeout: .seconds(10))
    }

    init(release: String, timeout: TimeAmount) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: min(timeout, .seconds(5)), read: timeout))
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.httpVersion = .http1Only
        poster = Poster(
            client: HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration),
            userAgent: "halcyon/\(release)", timeout: timeout)
    }

    public func deliver(_ notification: Notification, to target: ReceiverSpec.Target) async -> DeliveryAnswer {
        do {
            return await poster.post(try Self.message(for: notification, target))
        } catch {
            return .refused(answer: "the message cannot be written as JSON")
        }
    }

    /// The table of receivers: what is sent where. A new kind of receiver is a folder of its own and a line here.
    private static func message(for notification: Notification, _ target: ReceiverSpec.Target) throws -> Message {
        switch target {
        case .webhook(let url): return try WebhookMessage.make(notification, url: url)
        case .slack(let url): return try SlackMessage.make(notification, url: url)
        }
    }

    public func shutdown() async {
        // The only errors are that it was shut down already, or that an attempt was cut off: neither needs anything done.
        try? await poster.client.shutdown()
    }
}
