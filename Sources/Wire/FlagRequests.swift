public import FlagSpecs
public import Values

/// Which flags of an environment to list.
public struct FlagQuery: Hashable, Codable, Sendable {
    /// A part of the key, the description or the owner.
    public var search: String?
    public var tag: String?
    public var owner: String?
    /// Archived flags too.
    public var archived: Bool
    /// At most so many, in the order of their keys; all without it.
    public var limit: Int?
    /// Only flags whose keys come after this one: the last of the page before.
    public var after: String?
    /// Leave out the flags' documents and what is served of them, which are the largest part of a long list.
    public var brief: Bool

    public init(
        search: String? = nil, tag: String? = nil, owner: String? = nil, archived: Bool = false, limit: Int? = nil,
        after: String? = nil, brief: Bool = false
    ) {
        self.limit = limit
        self.after = after
        self.brief = brief
        self.search = search
        self.tag = tag
        self.owner = owner
        self.archived = archived
    }
}

/// `POST /v1/environments/NAME/flags/KEY`: edits of one flag, all or none.
public struct FlagChangeRequest: Hashable, Codable, Sendable {
    public var edits: [FlagEdit]
    /// The revision that the caller has seen (0: there was no such flag); a flag changed since is a conflict. Without it, the
    /// edits are made to whatever is there.
    public var revision: Int64?
    public var reason: String
    /// Only say what would change.
    public var dryRun: Bool
    /// Make a proposal even where no approval is asked for.
    public var propose: Bool

    public init(
        edits: [FlagEdit], revision: Int64? = nil, reason: String = "", dryRun: Bool = false, propose: Bool = false
    ) {
        self.edits = edits
        self.revision = revision
        self.reason = reason
        self.dryRun = dryRun
        self.propose = propose
    }
}

/// What became of a change.
public struct FlagChangeAnswer: Hashable, Codable, Sendable {
    public enum Outcome: String, Hashable, Codable, Sendable {
        case changed
        case unchanged
        /// It waits for another person's approval.
        case proposed
        case deleted
    }

    public var outcome: Outcome
    public var dryRun: Bool
    /// What changed or would change, one line a member.
    public var diff: [String]
    /// The flag as it is then; `nil` when it was deleted.
    public var flag: FlagView?
    public var proposal: ProposalView?
    public var warnings: [String]

    public init(
        outcome: Outcome, dryRun: Bool, diff: [String], flag: FlagView?, proposal: ProposalView? = nil,
        warnings: [String] = []
    ) {
        self.outcome = outcome
        self.dryRun = dryRun
        self.diff = diff
        self.flag = flag
        self.proposal = proposal
        self.warnings = warnings
    }
}

/// `POST /v1/environments/NAME/flags/KEY/rollout`: brings a variant to all, wave by wave.
public struct FlagRolloutRequest: Hashable, Codable, Sendable {
    /// The variant.
    public var to: String
    /// The name of a plan to go by; `nil` for the flag's own, or else `guarded`.
    public var plan: String?
    /// Take the place of the flag's rollout in flight, which goes back first.
    public var supersede: Bool
    /// Roll a variant out although it was rolled back before.
    public var force: Bool
    public var reason: String

    public init(to: String, plan: String? = nil, supersede: Bool = false, force: Bool = false, reason: String = "") {
        self.to = to
        self.plan = plan
        self.supersede = supersede
        self.force = force
        self.reason = reason
    }
}

/// `POST /v1/environments/NAME/flags/KEY/revert`
public struct FlagRevertRequest: Hashable, Codable, Sendable {
    /// The revision to return to; without one, the one before the last change.
    public var to: Int64?
    /// The revision that the caller has seen.
    public var revision: Int64?
    public var reason: String
    public var dryRun: Bool

    public init(to: Int64? = nil, revision: Int64? = nil, reason: String = "", dryRun: Bool = false) {
        self.to = to
        self.revision = revision
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// `POST /v1/environments/NAME/flags/KEY/evaluate`
public struct FlagEvaluationRequest: Hashable, Codable, Sendable {
    /// The evaluation context as JSON: `targetingKey` and whatever attributes.
    public var context: String
    /// When; without a time, now.
    public var at: Timestamp?

    public init(context: String, at: Timestamp? = nil) {
        self.context = context
        self.at = at
    }
}

/// An answer with its explanation.
public struct FlagEvaluationView: Hashable, Codable, Sendable {
    public var key: String
    public var environment: String
    /// JSON; `nil` when the caller's own default counts.
    public var value: String?
    public var variant: String?
    /// For example `TARGETING_MATCH`.
    public var reason: String
    public var errorCode: String?
    /// The number of the rule that matched, from 1; `nil` when none did.
    public var rule: Int?
    /// Where the key fell among the shares; `nil` when no share decided.
    public var bucket: FlagBucketView?
    /// Which rule matched, which bucket out of how many, why not the others.
    public var explanation: [String]
    public var revision: Int64

    public init(
        key: String, environment: String, value: String?, variant: String?, reason: String, errorCode: String?,
        rule: Int? = nil, bucket: FlagBucketView? = nil, explanation: [String], revision: Int64
    ) {
        self.key = key
        self.environment = environment
        self.value = value
        self.variant = variant
        self.reason = reason
        self.errorCode = errorCode
        self.rule = rule
        self.bucket = bucket
        self.explanation = explanation
        self.revision = revision
    }
}

/// A place among the shares of a flag.
public struct FlagBucketView: Hashable, Codable, Sendable {
    /// From 0.
    public var number: Int
    /// How many there are.
    public var total: Int
    /// What was hashed, in words.
    public var key: String

    public init(number: Int, total: Int, key: String) {
        self.number = number
        self.total = total
        self.key = key
    }
}

/// `POST /v1/environments/NAME/copy`: brings flags from another environment.
public struct FlagCopyRequest: Hashable, Codable, Sendable {
    /// The environment to copy from.
    public var from: String
    /// Which flags; without any, all.
    public var keys: [String]
    public var reason: String
    /// Only say what would change.
    public var dryRun: Bool

    public init(from: String, keys: [String] = [], reason: String = "", dryRun: Bool = false) {
        self.from = from
        self.keys = keys
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// `POST /v1/environments/NAME/import`
public struct FlagImportRequest: Hashable, Codable, Sendable {
    public enum Format: String, Hashable, Codable, CaseIterable, Sendable {
        case flagd
        case unleash
        case launchdarkly
    }

    public var format: Format
    /// The file's name, for messages.
    public var name: String
    public var text: String
    /// The environment of the foreign system whose settings count; without one, the nearest name.
    public var foreignEnvironment: String?
    public var reason: String
    public var dryRun: Bool

    public init(
        format: Format, name: String, text: String, foreignEnvironment: String? = nil, reason: String = "",
        dryRun: Bool = false
    ) {
        self.format = format
        self.name = name
        self.text = text
        self.foreignEnvironment = foreignEnvironment
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// What an import or a copy did, or would do, flag by flag.
public struct FlagTransferAnswer: Hashable, Codable, Sendable {
    public struct Item: Hashable, Codable, Sendable {
        /// `flag` or `segment`.
        public var kind: String
        public var name: String
        public var outcome: ApplyAnswer.Outcome
        public var changes: [String]

        public init(kind: String, name: String, outcome: ApplyAnswer.Outcome, changes: [String]) {
            self.kind = kind
            self.name = name
            self.outcome = outcome
            self.changes = changes
        }
    }

    public var dryRun: Bool
    public var items: [Item]
    /// What could not be carried over, and what to do about it.
    public var notes: [String]
    /// The proposals that it made, in an environment that asks for approvals.
    public var proposals: [ProposalView]

    public init(dryRun: Bool, items: [Item], notes: [String] = [], proposals: [ProposalView] = []) {
        self.dryRun = dryRun
        self.items = items
        self.notes = notes
        self.proposals = proposals
    }
}

/// `POST /v1/proposals/ID/approve` and `…/reject`
public struct DecisionRequest: Hashable, Codable, Sendable {
    public var reason: String

    public init(reason: String = "") {
        self.reason = reason
    }
}

/// `POST /v1/sdk/usage`: what an SDK evaluated since its last report.
public struct SDKUsageReport: Hashable, Codable, Sendable {
    public struct Count: Hashable, Codable, Sendable {
        public var flag: String
        /// Empty for evaluations without a variant.
        public var variant: String
        public var count: Int64

        public init(flag: String, variant: String, count: Int64) {
            self.flag = flag
            self.variant = variant
            self.count = count
        }
    }

    public var counts: [Count]
    /// What was measured of guarded blocks and tracked events; `nil` when nothing was.
    public var measures: SDKMeasures?

    public init(counts: [Count], measures: SDKMeasures? = nil) {
        self.counts = counts
        self.measures = measures
    }
}

/// `GET /v1/environments/NAME/export`
public struct FlagExport: Hashable, Codable, Sendable {
    /// JSON, indented.
    public var document: String

    public init(document: String) {
        self.document = document
    }
}
