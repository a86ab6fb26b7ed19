public import Specs
public import Values

/// What a receiver is told. Its JSON is the body of a webhook; see `docs/reference/receivers.md`.
public struct Notification: Hashable, Codable, Sendable {
    /// The same on every attempt, so that a receiver can drop repeats.
    public var id: String
    public var event: NotificationEvent
    public var at: Timestamp
    public var service: String?
    public var rollout: String?
    public var version: String?
    public var previous: String?
    public var wave: String?
    /// One or two sentences for a person.
    public var text: String
    /// The evidence, one line a check.
    public var evidence: [String]

    public init(
        id: String, event: NotificationEvent, at: Timestamp, service: String? = nil, rollout: String? = nil,
        version: String? = nil, previous: String? = nil, wave: String? = nil, text: String, evidence: [String] = []
    ) {
        self.id = id
        self.event = event
        self.at = at
        self.service = service
        self.rollout = rollout
        self.version = version
        self.previous = previous
        self.wave = wave
        self.text = text
        self.evidence = evidence
    }
}

/// What became of one attempt.
public enum DeliveryAnswer: Hashable, Sendable {
    case delivered(answer: String)
    /// Worth another attempt, not before `after` when the receiver said so.
    case retry(answer: String, after: Period?)
    /// It will never work, for example 404 or an unusable address.
    case refused(answer: String)
}

/// Tells people through one kind of service. An attempt ends within ten seconds.
public protocol Notifier: Sendable {
    func deliver(_ notification: Notification, to target: ReceiverSpec.Target) async -> DeliveryAnswer
}
