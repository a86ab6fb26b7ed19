public import Flags
public import Wire

/// What the surfaces that answer flags ask (OFREP, flagd's evaluation and sync, the SDK's stream). All calls are short and safe
/// on an event loop: no I/O, no waiting.
public protocol FlagGateway: Sendable {
    /// Which environment a caller gets.
    ///
    /// A token of the role `sdk` opens the environment that it names, and a selector may only repeat that. Viewers and above
    /// choose by selector: an environment's name, `flagSetId=NAME`, or nothing for `production`.
    ///
    /// - Parameter token: `nil` is right only with `--dev`.
    func admit(token: String?, selector: String?) -> FlagAdmission

    /// The same for somebody whose token was looked at already; `nil` is right only with `--dev`.
    func admit(principal: Principal?, selector: String?) -> FlagAdmission
}

/// Whether a caller may ask for flags, and which.
public enum FlagAdmission: Sendable {
    case environment(any FlagFeed)
    /// No token, or one that is not valid.
    case unauthenticated
    /// The token's role or environment does not cover it.
    case forbidden
    case unknownEnvironment(name: String, nearest: String?)
}

/// One environment's flags, as they are served.
public protocol FlagFeed: AnyObject, Sendable {
    var name: String { get }
    /// The newest set.
    var cell: SnapshotCell { get }

    /// From now on, `sink` hears of every set that is published. It is held until it is unsubscribed.
    func subscribe(_ sink: any FlagSink)
    func unsubscribe(_ sink: any FlagSink)

    /// Somebody took the whole set, who does not say which flags they use. No lock, no allocation.
    func tookAll()
}

extension FlagFeed {
    /// Counts an evaluation by a snapshot that this feed gave. No lock, no allocation.
    ///
    /// - Parameter variant: the index of the variant; -1 for none.
    public func count(flag: Int32, variant: Int32, of snapshot: borrowing FlagSnapshot) {
        snapshot.counters.count(flag: flag, variant: variant)
    }
}

/// A set that was published.
public struct FlagChange: Sendable {
    public struct Key: Hashable, Sendable {
        public var key: String
        public var kind: FlagChangeKind

        public init(key: String, kind: FlagChangeKind) {
            self.key = key
            self.kind = kind
        }
    }

    public let environment: String
    public let snapshot: FlagSnapshot
    /// Every flag that may answer otherwise than before, sorted by key. Empty when only the set's form changed.
    public let changed: [Key]

    public init(environment: String, snapshot: FlagSnapshot, changed: [Key]) {
        self.environment = environment
        self.snapshot = snapshot
        self.changed = changed
    }
}

/// Hears of every set that is published, in order.
public protocol FlagSink: AnyObject, Sendable {
    /// Called off any event loop, one call at a time: hop yourself, and do not wait. Forms of the set for the wire that many
    /// streams share are the subscriber's to make, once for all of them.
    func published(_ change: FlagChange)

    /// The environment was deleted: nothing is published any more, and nothing is held. Called like `published`, after it, once.
    func ended()
}
