public import Values

/// What the holder of a token may do. Each role may do what the ones before it may, except `agent`, which stands apart.
public enum Role: String, Hashable, Codable, CaseIterable, Sendable {
    /// May look.
    case viewer
    /// May apply, deploy and steer rollouts.
    case `operator`
    /// May do everything, tokens and revocation included.
    case admin
    /// May speak for one host only.
    case agent
    /// May let agents join, nothing else.
    case join
    /// May evaluate the flags of one environment, nothing else.
    case sdk
    /// May bring metrics in, nothing else.
    case metrics

    /// Whether this role covers what `needed` asks for.
    public func allows(_ needed: Role) -> Bool {
        switch (self, needed) {
        case (.admin, .viewer), (.admin, .operator), (.admin, .admin), (.admin, .join): return true
        case (.operator, .viewer), (.operator, .operator): return true
        case (.admin, .metrics), (.operator, .metrics): return true
        default: return self == needed
        }
    }
}

/// Who makes a request.
public struct Principal: Hashable, Codable, Sendable {
    /// The token's name, for example `admin` or `ci`; an agent's is `agent/HOST`.
    public var name: String
    public var role: Role
    /// The host that an agent speaks for.
    public var host: String?
    /// The environment whose flags an SDK may evaluate.
    public var environment: String?

    public init(name: String, role: Role, host: String? = nil, environment: String? = nil) {
        self.name = name
        self.role = role
        self.host = host
        self.environment = environment
    }
}

/// A token as it is listed: never its secret.
public struct TokenView: Hashable, Codable, Sendable {
    public var name: String
    public var role: Role
    public var createdAt: Timestamp
    public var createdBy: String
    public var expiresAt: Timestamp?
    /// Of the role `sdk`: the environment whose flags it opens.
    public var environment: String?

    public init(
        name: String, role: Role, createdAt: Timestamp, createdBy: String, expiresAt: Timestamp? = nil,
        environment: String? = nil
    ) {
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.environment = environment
    }
}

/// Asks for a token.
public struct TokenRequest: Hashable, Codable, Sendable {
    public var name: String
    public var role: Role
    public var lifetime: Period?
    /// For the role `sdk`, and only for it: the environment whose flags it opens; `production` unless told.
    public var environment: String?

    public init(name: String, role: Role, lifetime: Period? = nil, environment: String? = nil) {
        self.name = name
        self.role = role
        self.lifetime = lifetime
        self.environment = environment
    }
}

/// A new token; `secret` is shown this once.
public struct TokenGrant: Hashable, Codable, Sendable {
    public var token: TokenView
    public var secret: String

    public init(token: TokenView, secret: String) {
        self.token = token
        self.secret = secret
    }
}

/// One line of the audit trail.
public struct AuditEntry: Hashable, Codable, Sendable {
    public var sequence: Int64
    public var at: Timestamp
    public var by: String
    /// For example `deploy`, `apply`, `rollout.pause`, `token.create`.
    public var action: String
    /// For example `rollout/storefront-3`, `service/storefront`.
    public var subject: String
    public var detail: String

    public init(sequence: Int64, at: Timestamp, by: String, action: String, subject: String, detail: String) {
        self.sequence = sequence
        self.at = at
        self.by = by
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}
