public import Rollouts
public import Specs
public import Values
public import Wire

/// Everything that the API, the page and the command line can ask of a control plane.
///
/// Callers have checked the role; `by` is who asks, for the audit trail. Every call throws a `Problem` that can be shown.
public protocol ControlSurface: Sendable {
    // Documents
    func apply(_ request: ApplyRequest, by: Principal) async throws(Problem) -> ApplyAnswer
    func services() async throws(Problem) -> [ServiceView]
    func service(_ name: String) async throws(Problem) -> ServiceView
    func plans() async throws(Problem) -> [NamedPlanSpec]
    func freezes() async throws(Problem) -> [FreezeSpec]
    func receivers() async throws(Problem) -> [ReceiverSpec]
    /// `kind` is `service`, `freeze`, `receiver`, `host` or `version` (named `SERVICE/VERSION`).
    func delete(kind: String, name: String, by: Principal) async throws(Problem)

    // Fleet
    func hosts() async throws(Problem) -> [HostView]
    func host(_ name: String) async throws(Problem) -> HostView
    func join(_ request: JoinRequest, by: Principal) async throws(Problem) -> JoinAnswer
    /// Makes the agent's credential worthless; nobody joins by the host's name until it is admitted.
    func revoke(host: String, by: Principal) async throws(Problem)
    /// Lets an agent join by the name of a revoked host again.
    func admit(host: String, by: Principal) async throws(Problem)

    // Versions and deployment
    func versions(service: String) async throws(Problem) -> [VersionView]
    func deploy(_ request: DeployRequest, by: Principal) async throws(Problem) -> DeployAnswer

    /// Brings a variant of a flag to all, wave by wave.
    func rollOut(flag key: String, environment: String, _ request: FlagRolloutRequest, by: Principal)
        async throws(Problem) -> DeployAnswer

    // Rollouts
    /// Newest first. `service` and `active` narrow it down.
    func rollouts(service: String?, active: Bool?, limit: Int) async throws(Problem) -> [RolloutView]
    /// By identifier, or by service name: that service's newest rollout.
    func rollout(_ id: String) async throws(Problem) -> RolloutView
    func command(_ command: RolloutCommand, rollout id: String, reason: String, by: Principal) async throws(Problem)
        -> RolloutView
    /// A new rollout of the same version, which is no longer refused.
    func retry(rollout id: String, reason: String, by: Principal) async throws(Problem) -> DeployAnswer
    func history(rollout id: String, after: Int, limit: Int) async throws(Problem) -> [HistoryEntry]
    func explain(rollout id: String) async throws(Problem) -> Explanation

    // Access
    func tokens() async throws(Problem) -> [TokenView]
    func createToken(_ request: TokenRequest, by: Principal) async throws(Problem) -> TokenGrant
    func revokeToken(_ name: String, by: Principal) async throws(Problem)
    /// Newest first.
    func audit(before: Int64?, limit: Int) async throws(Problem) -> [AuditEntry]

    /// What is counted of the control plane itself.
    func figures() async -> ServerFigures

    // Notifications
    func testReceiver(_ name: String, by: Principal) async throws(Problem) -> DeliveryView
    /// Newest first.
    func deliveries(receiver: String?, limit: Int) async throws(Problem) -> [DeliveryView]

    // Logs: chunks of text as the agent sends them, until it ends or the caller goes away.
    func logs(host: String, request: LogRequest) async throws(Problem) -> AsyncStream<[UInt8]>
    /// The agent's side: hands over what it sends for a `LogRequest`; false when nobody listens any more.
    func deliverLogs(host: String, id: String, chunk: [UInt8]) async -> Bool
    func endLogs(host: String, id: String) async

    // Live
    /// What changes from now on. Bounded: a reader that falls far behind is ended and fetches anew.
    func events() -> AsyncStream<LiveEvent>
    func status() async throws(Problem) -> StatusView
    /// Copies the store, as of one moment and checked, into a new file of the server's own, which the caller removes.
    func backup(by: Principal) async throws(Problem) -> StoreCopy
    /// `nil` when ready to serve, otherwise why not.
    func unreadiness() async -> String?
}

/// A copy of the store in a file.
public struct StoreCopy: Hashable, Sendable {
    public var path: String
    public var size: Int64
    /// `sha256:` and 64 hexadecimal digits.
    public var digest: String
    /// The store's revision that it shows.
    public var revision: Revision

    public init(path: String, size: Int64, digest: String, revision: Revision) {
        self.path = path
        self.size = size
        self.digest = digest
        self.revision = revision
    }
}

/// The server's own store of artefacts, by digest.
public protocol ArtefactStore: Sendable {
    /// Takes an artefact piece by piece; nothing is visible before `finish`.
    func beginUpload() async throws(Problem) -> any ArtefactUpload
    /// The file to serve, or `nil`.
    func path(digest: String) async -> String?
    func size(digest: String) async -> Int64?
    func remove(digest: String) async
    /// Removes every artefact whose digest is not to be kept, unless it was uploaded in the last `unusedFor`.
    ///
    /// - Returns: The digests of what was removed.
    @discardableResult
    func collect(keeping digests: Set<String>, unusedFor: Period) async -> [String]
}

extension ArtefactStore {
    /// A store that never collects keeps everything.
    public func collect(keeping digests: Set<String>, unusedFor: Period) async -> [String] { [] }
}

public protocol ArtefactUpload: Sendable {
    func append(_ bytes: [UInt8]) async throws(Problem)
    /// Stores the artefact when its SHA-256 is `expected` (or nothing is expected); a mismatch is a `Problem`.
    func finish(expected: String?) async throws(Problem) -> UploadAnswer
    func abandon() async
}
