public import Values

/// A stretch of time in which no wave starts (`kind: Freeze`). A rollback is never blocked by it.
public struct FreezeSpec: Hashable, Sendable {
    public var name: String
    public var reason: String
    public var from: Timestamp
    public var until: Timestamp
    /// The services that are frozen; empty means all.
    public var services: [String]

    public init(name: String, reason: String, from: Timestamp, until: Timestamp, services: [String] = []) {
        self.name = name
        self.reason = reason
        self.from = from
        self.until = until
        self.services = services
    }
}

/// Where people are told of rollout events (`kind: Receiver`).
public struct ReceiverSpec: Hashable, Sendable {
    public enum Target: Hashable, Codable, Sendable {
        /// A POST of the documented JSON body.
        case webhook(url: String)
        /// A Slack incoming webhook.
        case slack(url: String)
    }

    public var name: String
    public var target: Target
    /// Which events are sent; empty means all.
    public var events: Set<NotificationEvent>
    /// Which services' events are sent; empty means all.
    public var services: Set<String>

    public init(name: String, target: Target, events: Set<NotificationEvent> = [], services: Set<String> = []) {
        self.name = name
        self.target = target
        self.events = events
        self.services = services
    }
}

/// What people can be told of.
public enum NotificationEvent: String, Hashable, Codable, CaseIterable, Sendable {
    case started
    case waveDone
    case held
    case undecided
    case rollingBack
    case rolledBack
    case needsPerson
    case done
}
