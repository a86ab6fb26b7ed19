public import Values

/// `GET /v1/environments[/NAME]`: one set of flags.
public struct EnvironmentView: Hashable, Codable, Sendable {
    public var name: String
    public var description: String
    /// `v2` or `v3`: how keys are spread over variants.
    public var bucketing: String
    /// How many other people must approve a change.
    public var approvals: Int
    public var flags: Int
    public var segments: Int
    public var holdouts: Int
    public var openProposals: Int
    /// Of the set that is served now; the same content has the same tag.
    public var etag: String
    public var publishedAt: Timestamp
    /// The watched files that bring flags into this environment.
    public var files: [String]
    public var warnings: [String]

    public init(
        name: String, description: String, bucketing: String, approvals: Int, flags: Int, segments: Int, holdouts: Int,
        openProposals: Int, etag: String, publishedAt: Timestamp, files: [String], warnings: [String]
    ) {
        self.name = name
        self.description = description
        self.bucketing = bucketing
        self.approvals = approvals
        self.flags = flags
        self.segments = segments
        self.holdouts = holdouts
        self.openProposals = openProposals
        self.etag = etag
        self.publishedAt = publishedAt
        self.files = files
        self.warnings = warnings
    }
}

/// A variant of a flag.
public struct FlagVariantView: Hashable, Codable, Sendable {
    public var name: String
    /// JSON.
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// `GET /v1/environments/NAME/flags[/KEY]`
public struct FlagView: Hashable, Codable, Sendable {
    public var key: String
    public var environment: String
    /// `ENABLED` or `DISABLED`.
    public var state: String
    /// `boolean`, `string`, `number` or `object`: what its variants are.
    public var kind: String
    public var variants: [FlagVariantView]
    public var defaultVariant: String?
    /// What callers get, in a few words, for example `on for 20%, 2 rules`.
    public var summary: String
    /// The rules in their order, for people, one line each.
    public var rules: [String]
    public var description: String
    public var owner: String
    public var tags: [String]
    /// A date.
    public var expires: String?
    public var archived: Bool
    /// Rises with each change; a write names the one that it was based on.
    public var revision: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var updatedBy: String
    /// The watched file that owns the flag: it is changed there and nowhere else.
    public var file: String?
    /// When its schedule or ramp changes it next.
    public var nextChangeAt: Timestamp?
    /// The managed flag as JSON, indented, members in their author's order.
    public var document: String
    /// What is served: the plain flagd flag as JSON.
    public var served: String
    public var warnings: [String]

    public init(
        key: String, environment: String, state: String, kind: String, variants: [FlagVariantView],
        defaultVariant: String?, summary: String, rules: [String], description: String, owner: String, tags: [String],
        expires: String?, archived: Bool, revision: Int64, createdAt: Timestamp, updatedAt: Timestamp,
        updatedBy: String, file: String?, nextChangeAt: Timestamp?, document: String, served: String, warnings: [String]
    ) {
        self.key = key
        self.environment = environment
        self.state = state
        self.kind = kind
        self.variants = variants
        self.defaultVariant = defaultVariant
        self.summary = summary
        self.rules = rules
        self.description = description
        self.owner = owner
        self.tags = tags
        self.expires = expires
        self.archived = archived
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.file = file
        self.nextChangeAt = nextChangeAt
        self.document = document
        self.served = served
        self.warnings = warnings
    }
}

/// `GET /v1/environments/NAME/history` and `…/flags/KEY/history`: one change of a flag, a segment or a holdout.
public struct FlagEventView: Hashable, Codable, Sendable {
    /// Rises within the environment.
    public var sequence: Int64
    public var environment: String
    /// `flag`, `segment`, `holdout` or `environment`.
    public var kind: String
    /// The flag's key, or the name.
    public var key: String
    /// The revision that the change made.
    public var revision: Int64
    public var at: Timestamp
    public var by: String
    /// Who approved it, in an environment that asks for that.
    public var approvedBy: String?
    /// What was done, for example `on`, `rollout`, `revert`.
    public var action: String
    public var reason: String
    /// What changed, one line a member.
    public var diff: [String]
    /// The document after the change; `nil` when it was deleted.
    public var document: String?

    public init(
        sequence: Int64, environment: String, kind: String, key: String, revision: Int64, at: Timestamp, by: String,
        approvedBy: String?, action: String, reason: String, diff: [String], document: String?
    ) {
        self.sequence = sequence
        self.environment = environment
        self.kind = kind
        self.key = key
        self.revision = revision
        self.at = at
        self.by = by
        self.approvedBy = approvedBy
        self.action = action
        self.reason = reason
        self.diff = diff
        self.document = document
    }
}

/// `GET /v1/environments/NAME/segments`: a named, reusable targeting rule.
public struct SegmentView: Hashable, Codable, Sendable {
    public var name: String
    public var environment: String
    public var description: String
    /// JsonLogic as JSON.
    public var rule: String
    public var revision: Int64
    public var updatedAt: Timestamp
    public var updatedBy: String
    public var file: String?
    /// The flags whose targeting uses it.
    public var usedBy: [String]

    public init(
        name: String, environment: String, description: String, rule: String, revision: Int64, updatedAt: Timestamp,
        updatedBy: String, file: String?, usedBy: [String]
    ) {
        self.name = name
        self.environment = environment
        self.description = description
        self.rule = rule
        self.revision = revision
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.file = file
        self.usedBy = usedBy
    }
}

/// `GET /v1/environments/NAME/holdouts`: a share of keys that gets the default of every flag that names it.
public struct HoldoutView: Hashable, Codable, Sendable {
    public var name: String
    public var environment: String
    public var description: String
    public var share: Percentage
    public var bucketBy: String
    public var revision: Int64
    public var updatedAt: Timestamp
    public var updatedBy: String
    public var usedBy: [String]

    public init(
        name: String, environment: String, description: String, share: Percentage, bucketBy: String, revision: Int64,
        updatedAt: Timestamp, updatedBy: String, usedBy: [String]
    ) {
        self.name = name
        self.environment = environment
        self.description = description
        self.share = share
        self.bucketBy = bucketBy
        self.revision = revision
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.usedBy = usedBy
    }
}

/// `GET /v1/environments/NAME/usage`: how often a flag was evaluated.
public struct FlagUsageView: Hashable, Codable, Sendable {
    public struct Variant: Hashable, Codable, Sendable {
        /// Empty for evaluations without a variant.
        public var variant: String
        public var count: Int64
        /// In the last minute.
        public var perMinute: Int64

        public init(variant: String, count: Int64, perMinute: Int64) {
            self.variant = variant
            self.count = count
            self.perMinute = perMinute
        }
    }

    public var key: String
    public var total: Int64
    public var variants: [Variant]
    public var since: Timestamp
    public var lastEvaluatedAt: Timestamp?

    public init(
        key: String, total: Int64, variants: [Variant], since: Timestamp, lastEvaluatedAt: Timestamp?
    ) {
        self.key = key
        self.total = total
        self.variants = variants
        self.since = since
        self.lastEvaluatedAt = lastEvaluatedAt
    }
}

/// `GET /v1/environments/NAME/stale`: a flag that has probably done its work.
public struct StaleFlagView: Hashable, Codable, Sendable {
    public var key: String
    public var owner: String
    public var tags: [String]
    /// Why, one sentence each.
    public var reasons: [String]
    public var updatedAt: Timestamp
    public var lastEvaluatedAt: Timestamp?

    public init(
        key: String, owner: String, tags: [String], reasons: [String], updatedAt: Timestamp,
        lastEvaluatedAt: Timestamp?
    ) {
        self.key = key
        self.owner = owner
        self.tags = tags
        self.reasons = reasons
        self.updatedAt = updatedAt
        self.lastEvaluatedAt = lastEvaluatedAt
    }
}

/// `GET /v1/environments/NAME/proposals`: a change that waits for another person.
public struct ProposalView: Hashable, Codable, Sendable {
    public enum State: String, Hashable, Codable, Sendable {
        case open
        case applied
        case rejected
    }

    public var id: String
    public var environment: String
    /// `flag`, `segment` or `holdout`.
    public var kind: String
    public var key: String
    public var state: State
    public var action: String
    public var reason: String
    public var by: String
    public var at: Timestamp
    /// The flag's revision that the change was made against; 0 for a new flag.
    public var base: Int64
    /// What would change.
    public var diff: [String]
    /// The document that it would become; `nil` for a deletion.
    public var document: String?
    public var decidedBy: String?
    public var decidedAt: Timestamp?
    public var decisionReason: String?

    public init(
        id: String, environment: String, kind: String, key: String, state: State, action: String, reason: String,
        by: String,
        at: Timestamp, base: Int64, diff: [String], document: String?, decidedBy: String? = nil,
        decidedAt: Timestamp? = nil, decisionReason: String? = nil
    ) {
        self.id = id
        self.environment = environment
        self.kind = kind
        self.key = key
        self.state = state
        self.action = action
        self.reason = reason
        self.by = by
        self.at = at
        self.base = base
        self.diff = diff
        self.document = document
        self.decidedBy = decidedBy
        self.decidedAt = decidedAt
        self.decisionReason = decisionReason
    }
}
