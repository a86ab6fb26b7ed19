import FoundationEssentials
import Ports
import Specs
import Values

/// The form of Slack's incoming webhooks.
///
/// What comes from people or services cannot mention anybody: `&`, `<` and `>` are escaped, which is how Slack tells a mention
/// from text, names are not linked, and nothing is formatted but by us.
enum SlackMessage {
    private struct Body: Encodable {
        var text: String
        var blocks: [Block]
        var linkNames = false
        var parse = "none"
        var unfurlLinks = false
        var unfurlMedia = false

        private enum CodingKeys: String, CodingKey {
            case text, blocks, parse
            case linkNames = "link_names"
            case unfurlLinks = "unfurl_links"
            case unfurlMedia = "unfurl_media"
        }
    }

    private struct Block: Encodable {
        var type: String
        var text: Text?
        var elements: [Text]?
    }

    private struct Text: Encodable {
        var type: String
        var text: String
        var emoji: Bool

        static func plain(_ text: String) -> Text { Text(type: "plain_text", text: text, emoji: false) }
    }

    // Slack refuses longer texts.
    private static let longestSection = 2900
    private static let longestHead = 140

    static func make(_ notification: Notification, url: String) throws -> Message {
        let head = headline(notification)
        var blocks = [
            Block(type: "header", text: .plain(escaped(head, upTo: longestHead))),
            Block(type: "section", text: .plain(escaped(notification.text, upTo: longestSection))),
        ]
        if !notification.evidence.isEmpty {
            let lines = notification.evidence.map { "• \($0)" }.joined(separator: "\n")
            blocks.append(Block(type: "section", text: .plain(escaped(lines, upTo: longestSection))))
        }
        blocks.append(Block(type: "context", elements: [.plain(escaped(details(notification), upTo: longestSection))]))
        let body = Body(text: escaped("\(head): \(notification.text)", upTo: longestSection), blocks: blocks)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Message(url: url, body: Array(try encoder.encode(body)))
    }

    private static func headline(_ notification: Notification) -> String {
        let what = [notification.service, notification.version].compactMap { $0 }.joined(separator: " ")
        let event = words(for: notification.event)
        return what.isEmpty ? event : "\(what): \(event)"
    }

    private static func words(for event: NotificationEvent) -> String {
        switch event {
        case .started: return "rollout started"
        case .waveDone: return "wave done"
        case .held: return "rollout held"
        case .undecided: return "undecided for long"
        case .rollingBack: return "rolling back"
        case .rolledBack: return "rolled back"
        case .needsPerson: return "a person is needed"
        case .done: return "rollout done"
        }
    }

    private static func details(_ notification: Notification) -> String {
        var parts: [String] = []
        if let wave = notification.wave { parts.append("wave \(wave)") }
        if let previous = notification.previous { parts.append("previous \(previous)") }
        if let rollout = notification.rollout { parts.append("rollout \(rollout)") }
        parts.append("\(notification.at)")
        return parts.joined(separator: " · ")
    }

    /// Slack's three escapes, cut off before the escaped text is too long; never within an escape.
    static func escaped(_ text: String, upTo limit: Int) -> String {
        var result = ""
        var length = 0
        for character in text {
            let piece: String
            switch character {
            case "&": piece = "&amp;"
            case "<": piece = "&lt;"
            case ">": piece = "&gt;"
            default: piece = String(character)
            }
            // One place is kept for the ellipsis.
            guard length + piece.utf16.count < limit else { return result + "…" }
            result += piece
            length += piece.utf16.count
        }
        return result
    }
}
