import FoundationEssentials
import Ports

/// The body that `docs/reference/receivers.md` describes.
enum WebhookMessage {
    /// The notification's own fields, and which form of the body this is.
    private struct Body: Encodable {
        var notification: Notification

        private enum Key: String, CodingKey {
            case format
        }

        func encode(to encoder: any Encoder) throws {
            try notification.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode("1", forKey: .format)
        }
    }

    static func make(_ notification: Notification, url: String) throws -> Message {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = try encoder.encode(Body(notification: notification))
        // An identifier is made by the server, but a header must not be broken by any text.
        let id = notification.id.filter { $0.isASCII && !$0.isNewline && !$0.isWhitespace }
        return Message(url: url, headers: [("X-Halcyon-Delivery", id)], body: Array(body))
    }
}
