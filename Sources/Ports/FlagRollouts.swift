public import FlagSpecs
public import Specs
public import Wire

/// What rollouts make of flags, and who wants to know what SDKs have measured: the control plane, as the flags' driver sees it.
public protocol FlagRollouts: Sendable {
    /// Of every rollout of a flag that has begun, until what it ended with is stored with the flag. Short, no waiting.
    var overlays: [FlagOverlay] { get }

    /// Takes in what an SDK has measured so far. Short, no waiting.
    func take(_ measured: SDKMeasures, environment: String)
}

/// A flag as a new rollout finds it.
public struct FlagToRollOut: Hashable, Sendable {
    /// The variant that everybody gets whom no rule answers.
    public var from: String
    /// The plan that the flag names.
    public var plan: String?
    /// The checks that it brings; `nil` for the usual ones.
    public var checks: [CheckSpec]?
    public var variantLabel: String?
    /// The services that evaluate it, as far as the flag says so.
    public var services: [String]
    /// How many other people must approve a change in its environment.
    public var approvals: Int

    public init(
        from: String, plan: String?, checks: [CheckSpec]?, variantLabel: String?, services: [String], approvals: Int
    ) {
        self.from = from
        self.plan = plan
        self.checks = checks
        self.variantLabel = variantLabel
        self.services = services
        self.approvals = approvals
    }
}

/// How a flag stands while it is rolled out.
public struct FlagStanding: Hashable, Sendable {
    /// What is published of a rollout's say; `nil` when none is.
    public var overlay: FlagOverlay?
    /// As it is stored: the variant that everybody gets whom no rule answers.
    public var common: String?
    /// Whether it is on, and in service.
    public var isAnswering: Bool
    public var variants: [String]

    public init(overlay: FlagOverlay?, common: String?, isAnswering: Bool, variants: [String]) {
        self.overlay = overlay
        self.common = common
        self.isAnswering = isAnswering
        self.variants = variants
    }
}
