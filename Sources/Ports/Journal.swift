public import Documents
public import Wire

/// What another driver writes in one transaction, with its lines of the audit trail.
public struct JournalEntry: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        /// For example `flag.on`.
        public var action: String
        /// For example `flag/production/new-checkout`.
        public var subject: String
        public var detail: String

        public init(action: String, subject: String, detail: String) {
            self.action = action
            self.subject = subject
            self.detail = detail
        }
    }

    public var transaction = Transaction(writes: [])
    public var lines: [Line] = []

    public init() {}
}

/// Keeps the audit trail, and commits with it what it is a trail of.
public protocol Journal: Sendable {
    /// Commits an entry, all of it or nothing, and answers the store's revision.
    ///
    /// - Throws: `conflict` when a precondition did not hold.
    func commit(_ entry: JournalEntry, by: Principal) async throws(Problem) -> Revision
}

/// A document of the flags' as it was read from a file.
public struct FlagSource: Sendable {
    public var file: String
    public var node: Node

    public init(file: String, node: Node) {
        self.file = file
        self.node = node
    }

    /// Whether a document is a flag file, or of a kind that belongs to flags.
    public static func holds(_ node: Node, kinds: [String]) -> Bool {
        if case .string(let kind) = node["kind"]?.value { return kinds.contains(kind) }
        return node["flags"] != nil && node["kind"] == nil
    }
}

/// The side of the flags' driver that the control plane needs to apply documents.
public protocol FlagApplication: Sendable {
    /// The names of all environments.
    var environmentNames: [String] { get }

    /// Applies flag documents. Everything is checked first; then `commit` is called once, and what it throws undoes it all.
    ///
    /// - Parameters:
    ///   - environment: for documents that name none.
    ///   - strict: a warning about anything in the documents is as bad as an error.
    func apply(
        _ documents: [FlagSource], environment: String, dryRun: Bool, prune: Bool, strict: Bool, by: Principal,
        commit: @escaping @Sendable (JournalEntry) async throws(Problem) -> Revision
    ) async throws(Problem) -> [ApplyAnswer.Item]

    // MARK: Rollouts

    /// A flag as a rollout to this variant would find it. Short, no waiting.
    ///
    /// - Throws: why there can be none now.
    func flagToRollOut(_ key: String, environment: String, to variant: String) throws(Problem) -> FlagToRollOut

    /// How a flag stands; `nil` when there is none, or its environment is not served. Short, no waiting.
    func standing(of key: String, environment: String) -> FlagStanding?

    /// Publishes what rollouts make of flags now.
    func followRollouts() async throws(Problem)

    /// Stores with the flag what its rollout has ended with: everybody without a rule gets `variant` from now on. A flag that has
    /// been given something else than `replaced` meanwhile stays as it is. `commit` is called once, also when nothing changes.
    func settle(
        _ key: String, environment: String, replacing replaced: String, by variant: String, reason: String,
        commit: @escaping @Sendable (JournalEntry) async throws(Problem) -> Revision
    ) async throws(Problem)
}
