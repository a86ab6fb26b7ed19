public import Values
public import Verdicts

/// Where a rollout is. A value: the machine changes it only by applying events, so that replaying them reproduces it.
public struct RolloutState: Hashable, Codable, Sendable {
    /// The shape in which it is stored. 1: without a number. 2: with `flapping`. A field that is added gets a default in
    /// `init(from:)`; the number rises when an older release would misunderstand the new shape.
    public static let currentSchema = 2
    private var schema = RolloutState.currentSchema
    public var phase: Phase = .queued
    /// The wave in progress, or the last one begun.
    public var wave: Int = 0
    /// Hosts that were told to take the new version.
    public var released = HostSet()
    /// Hosts that were told to go back, on the way back.
    public var returned = HostSet()
    /// Hosts with the version before that are started anew in the present wave, to be compared with.
    public var controls = HostSet()
    /// When the wave last made progress: its deadline counts from here.
    public var progressSince: Timestamp?
    /// A forward-only rollout goes on through these waves although something is wrong: a person said so.
    public var acceptedThrough: Int?
    /// When hosts were last told to go back.
    public var returnedAt: Timestamp?
    /// Hosts on which the new version failed (did not get ready, crash loop); they went back locally.
    public var failed = HostSet()
    /// Hosts that were ready with the new version and are not any more, while the wave bakes or is watched.
    public var unready = HostSet()
    /// Since when there are any.
    public var unreadySince: Timestamp?
    /// When the phase began.
    public var phaseSince = Timestamp.epoch
    /// How much of the wave's bake, or of the watch, is done.
    public var baked = Period.zero
    /// The bake clock's last reading; `nil` while it stands still.
    public var bakingSince: Timestamp?
    /// When the bake clock last stopped.
    public var bakeStoppedAt: Timestamp?
    /// When the hosts of the present wave began to move; the canary is judged from here.
    public var waveSince: Timestamp?
    /// When the first hosts were told to take the new version, and the last ones so far.
    public var reachedAt: Timestamp?
    public var releasedAt: Timestamp?
    /// When hosts were last told to start anew with the version before.
    public var controlledAt: Timestamp?
    /// Since when the checks count anew: until then another change was at work on the same hosts.
    public var anewSince: Timestamp?
    /// What the wave waits for.
    public var waitReason: String?
    /// Waves that a person approved.
    public var approved: Set<Int> = []
    /// Waves that a person started in spite of their gate, window or freeze.
    public var opened: Set<Int> = []
    /// Waves, up to this one, whose bakes and lost hosts a person skipped (`promote`, `promote --full`).
    public var promotedThrough: Int = -1
    public var pause: Intervention?
    public var hold: Hold?
    /// Why the rollout goes back, once it does.
    public var rollback: RollbackCause?
    /// Each check's last recorded verdict.
    public var verdicts: [String: Verdict] = [:]
    /// Checks that have passed in the present wave: what was proven once stays proven until something speaks against it.
    public var proven: Set<String> = []
    /// What went to and fro in the present wave: verdicts, holds, the bake clock.
    public var flapping: [String: Flapping] = [:]
    /// What each check last counted of the baseline: evidence that outlives the hosts that gave it, and the control plane.
    public var baselines: [String: CohortCount] = [:]
    /// Hosts that did not come back yet when the rollback ended, or are stuck on the way, by place in the plan.
    public var leftBehind = HostSet()
    /// The number of the last applied event; the first one is 1.
    public var sequence: Int = 0
    public var endedAt: Timestamp?

    public init() {}

    /// How much of the present bake or watch is done at this moment.
    public func baked(at now: Timestamp) -> Period {
        guard let bakingSince, now > bakingSince else { return baked }
        return baked + (now - bakingSince)
    }
}

extension RolloutState {
    /// - Throws: `NewerSchema` for a state that a newer release wrote.
    public init(from decoder: any Decoder) throws {
        let stored = try decoder.container(keyedBy: CodingKeys.self)
        func optional<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            try stored.decodeIfPresent(Value.self, forKey: key)
        }
        try NewerSchema.check(
            "a rollout's state", found: try optional(.schema), known: RolloutState.currentSchema)
        phase = try stored.decode(Phase.self, forKey: .phase)
        sequence = try stored.decode(Int.self, forKey: .sequence)
        wave = try optional(.wave) ?? 0
        released = try optional(.released) ?? HostSet()
        returned = try optional(.returned) ?? HostSet()
        controls = try optional(.controls) ?? HostSet()
        progressSince = try optional(.progressSince)
        acceptedThrough = try optional(.acceptedThrough)
        returnedAt = try optional(.returnedAt)
        failed = try optional(.failed) ?? HostSet()
        unready = try optional(.unready) ?? HostSet()
        unreadySince = try optional(.unreadySince)
        phaseSince = try optional(.phaseSince) ?? .epoch
        baked = try optional(.baked) ?? .zero
        bakingSince = try optional(.bakingSince)
        bakeStoppedAt = try optional(.bakeStoppedAt)
        waveSince = try optional(.waveSince)
        reachedAt = try optional(.reachedAt)
        releasedAt = try optional(.releasedAt)
        controlledAt = try optional(.controlledAt)
        anewSince = try optional(.anewSince)
        waitReason = try optional(.waitReason)
        approved = try optional(.approved) ?? []
        opened = try optional(.opened) ?? []
        promotedThrough = try optional(.promotedThrough) ?? -1
        pause = try optional(.pause)
        hold = try optional(.hold)
        rollback = try optional(.rollback)
        verdicts = try optional(.verdicts) ?? [:]
        proven = try optional(.proven) ?? []
        flapping = try optional(.flapping) ?? [:]
        baselines = try optional(.baselines) ?? [:]
        leftBehind = try optional(.leftBehind) ?? HostSet()
        endedAt = try optional(.endedAt)
    }
}

/// The phases of a rollout. `done`, `rolledBack` and `cancelled` are final.
public enum Phase: String, Hashable, Codable, Sendable, CaseIterable {
    /// Another rollout of the service is in flight.
    case queued
    /// The wave's gate, window or freeze is not open.
    case waiting
    /// Hosts of the wave take the new version.
    case moving
    /// Every host of the wave has it; the wave is watched.
    case baking
    /// Everyone has it; still armed, the previous version still on disk.
    case watching
    case rollingBack
    case done
    case rolledBack
    /// Taken out of the queue before it began.
    case cancelled

    public var isFinal: Bool { self == .done || self == .rolledBack || self == .cancelled }
}

/// Something that a person did, and why.
public struct Intervention: Hashable, Codable, Sendable {
    public var by: String
    public var reason: String
    public var at: Timestamp

    public init(by: String, reason: String, at: Timestamp) {
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// Why a rollout does not move on although nobody paused it.
public struct Hold: Hashable, Codable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable {
        /// A check has no data, or not enough.
        case undecided
        /// Something is wrong, and another change explains it.
        case attributed
        /// What the statistics rest on does not hold: nothing is concluded from them.
        case distrust
        /// Too many of the wave's hosts are out of contact.
        case lostHosts
        /// The wave did not get ready in time, without a host having failed.
        case deadline
        /// A check failed or hosts failed, but the version cannot be taken back automatically.
        case forwardOnly
        /// A host cannot go back.
        case stuckRollback

        /// Of two reasons to hold, the graver one is shown.
        var gravity: Int {
            switch self {
            case .undecided: return 0
            case .deadline: return 1
            case .lostHosts: return 2
            case .attributed: return 3
            case .distrust: return 4
            case .forwardOnly: return 5
            case .stuckRollback: return 6
            }
        }
    }

    public var kind: Kind
    public var reason: String
    public var since: Timestamp

    public init(kind: Kind, reason: String, since: Timestamp) {
        self.kind = kind
        self.reason = reason
        self.since = since
    }

    /// True when the rollout cannot go on without a person.
    public var needsPerson: Bool { kind != .undecided && kind != .attributed }
}

/// What made a rollout go back.
public struct RollbackCause: Hashable, Codable, Sendable {
    public enum Trigger: String, Hashable, Codable, Sendable {
        case check
        case failedHosts
        case lostHosts
        case person
    }

    public var trigger: Trigger
    /// `halcyon` for an automatic rollback, otherwise who asked.
    public var by: String
    public var reason: String
    /// The failed check's reading.
    public var reading: Reading?
    /// Whether the version is refused from now on until somebody says `--force`; an aborted one is not.
    public var refusesVersion: Bool
    public var at: Timestamp

    public init(
        trigger: Trigger, by: String, reason: String, reading: Reading? = nil, refusesVersion: Bool, at: Timestamp
    ) {
        self.trigger = trigger
        self.by = by
        self.reason = reason
        self.reading = reading
        self.refusesVersion = refusesVersion
        self.at = at
    }
}
