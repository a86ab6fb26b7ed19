/// One edit of a managed flag, as the command line, the page and the API ask for it.
///
/// Which of the other members an action reads is said beside it; members that it does not read must be left out.
public struct FlagEdit: Hashable, Codable, Sendable {
    public enum Action: String, Hashable, Codable, CaseIterable, Sendable {
        /// Enables the flag.
        case on
        /// Disables the flag: callers get their own default.
        case off
        /// Makes the flag, or replaces it: `document`.
        case put
        /// Takes the flag away, with its whole definition.
        case delete
        /// The variant for those whom no rule answers: `variant`; without one, callers get their own default.
        case defaultVariant = "default"
        /// Replaces the targeting by `document` (JsonLogic); without one, takes it away.
        case targeting
        /// Adds the rule `when` → `variant`, behind the present rules, or as number `index` (from 1).
        case target
        /// Takes the rule number `index` (from 1) away.
        case untarget
        /// Those whom no rule answers get `variant` with the given `share`, and the others `rest` (without one: the default);
        /// or they are distributed as `shares` says.
        case rollout
        /// At the time `at`, sets the members in `document`.
        case schedule
        /// Takes the scheduled change number `index` (from 1) away; without a number, all.
        case unschedule
        /// Raises the share of `variant` in `steps`, from now on.
        case ramp
        /// Ends the ramp: the share stays where it is when `keep`, otherwise it returns to nobody.
        case endRamp
        /// Takes the flag out of service, and keeps its definition and history.
        case archive
        case unarchive
        /// Sets `description`, `owner`, `tags`, `expires` and `bucketBy`, those that are given; an empty one is removed.
        case describe
    }

    public var action: Action
    /// JSON or YAML.
    public var document: String?
    /// The file that `document` was read from, for messages.
    public var file: String?
    public var variant: String?
    public var rest: String?
    /// JsonLogic as JSON.
    public var when: String?
    public var index: Int?
    /// For example `20%`.
    public var share: String?
    /// Of all variants that anybody gets; they add up to 100%.
    public var shares: [FlagShare]?
    /// RFC 3339.
    public var at: String?
    public var steps: [FlagRampStep]?
    public var keep: Bool?
    public var description: String?
    public var owner: String?
    public var tags: [String]?
    /// A date, for example `2027-01-31`.
    public var expires: String?
    public var bucketBy: String?

    public init(
        _ action: Action, document: String? = nil, file: String? = nil, variant: String? = nil, rest: String? = nil,
        when: String? = nil,
        index: Int? = nil, share: String? = nil, shares: [FlagShare]? = nil, at: String? = nil,
        steps: [FlagRampStep]? = nil, keep: Bool? = nil, description: String? = nil, owner: String? = nil,
        tags: [String]? = nil, expires: String? = nil,
        bucketBy: String? = nil
    ) {
        self.action = action
        self.document = document
        self.file = file
        self.variant = variant
        self.rest = rest
        self.when = when
        self.index = index
        self.share = share
        self.shares = shares
        self.at = at
        self.steps = steps
        self.keep = keep
        self.description = description
        self.owner = owner
        self.tags = tags
        self.expires = expires
        self.bucketBy = bucketBy
    }
}

/// One step of a ramp.
public struct FlagRampStep: Hashable, Codable, Sendable {
    /// For example `25%`.
    public var share: String
    /// How long after the step before it, the first one after the ramp began, for example `4h`.
    public var after: String

    public init(share: String, after: String) {
        self.share = share
        self.after = after
    }
}
