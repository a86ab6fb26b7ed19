import Crypto
import Ports
import Values
public import Wire

/// A token as it is looked up.
struct KnownToken: Sendable {
    var principal: Principal
    var expiresAt: Timestamp?
}

/// Secrets, and what is kept of them.
enum Secret {
    /// A new secret with 256 random bits, marked so that scanners find a leaked one.
    static func make(_ role: Role) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<4).flatMap { _ in
            withUnsafeBytes(of: generator.next() as UInt64) { Array($0) }
        }
        return "halcyon_\(role.rawValue)_" + bytes.map(hexadecimal).joined()
    }

    /// What is stored: the secret has 256 random bits, so a plain digest cannot be searched.
    static func hash(_ secret: String) -> String {
        var secret = secret
        let digest = secret.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        return String(unsafeUninitializedCapacity: 64) { text in
            for (place, byte) in digest.enumerated() {
                text[place * 2] = digit(byte >> 4)
                text[place * 2 + 1] = digit(byte & 15)
            }
            return 64
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        String(decoding: [digit(byte >> 4), digit(byte & 15)], as: UTF8.self)
    }
}

extension ControlPlane.Memory {
    mutating func indexTokens() {
        principals = [:]
        for record in ledger.tokens.values { index(record) }
        for host in ledger.hosts.values { index(host) }
    }

    /// A committed change becomes what is known. Only the tokens that it changed are indexed anew: a fleet that joins
    /// must not cost each of its hosts a look at all the others.
    mutating func adopt(_ committed: Ledger, changed: some Sequence<DocumentKey>) {
        let access = changed.filter { $0.collection == Collection.tokens || $0.collection == Collection.hosts }
        for key in access {
            let old =
                key.collection == Collection.tokens ? ledger.tokens[key.name]?.hash : ledger.hosts[key.name]?.tokenHash
            if let old { principals[old] = nil }
        }
        ledger = committed
        epoch = committed.epochBase + committed.revision.number
        targets = nil
        for key in access {
            if key.collection == Collection.tokens { ledger.tokens[key.name].map { index($0) } }
            if key.collection == Collection.hosts { ledger.hosts[key.name].map { index($0) } }
        }
    }

    private mutating func index(_ record: TokenRecord) {
        let principal = Principal(
            name: record.view.name, role: record.view.role, environment: record.view.environment)
        principals[record.hash] = KnownToken(principal: principal, expiresAt: record.view.expiresAt)
    }

    private mutating func index(_ host: HostRecord) {
        guard let hash = host.tokenHash else { return }
        let principal = Principal(name: "agent/\(host.name)", role: .agent, host: host.name)
        principals[hash] = KnownToken(principal: principal)
    }
}

extension ControlPlane {
    /// Makes the first admin token and the first join token of a new store; `nil` when there are tokens already.
    ///
    /// - Parameter keep: Puts the secrets where their owner finds them, before they are committed: if it throws, there are no
    ///   tokens yet, and the next start makes them. They are stored as digests only and cannot be shown again.
    public func bootstrap(
        keep: (_ admin: String, _ join: String) throws(Problem) -> Void
    ) async throws(Problem) -> (admin: String, join: String)? {
        try await change { (draft) throws(Problem) in
            guard draft.ledger.tokens.isEmpty else { return nil }
            let admin = draft.addToken(TokenRequest(name: "admin", role: .admin), by: "halcyon")
            let join = draft.addToken(TokenRequest(name: "join", role: .join), by: "halcyon")
            try keep(admin.secret, join.secret)
            return (admin.secret, join.secret)
        }
    }
}

extension Draft {
    mutating func addToken(_ request: TokenRequest, by principal: String) -> TokenGrant {
        let secret = Secret.make(request.role)
        let view = TokenView(
            name: request.name, role: request.role, createdAt: now, createdBy: principal,
            expiresAt: request.lifetime.map { now + $0 }, environment: request.environment)
        ledger.tokens[request.name] = TokenRecord(view: view, hash: Secret.hash(secret))
        put(Collection.tokens, request.name, TokenRecord(view: view, hash: Secret.hash(secret)))
        audit(
            "token.create", "token/\(request.name)", by: principal,
            "role \(request.role.rawValue)\(request.environment.map { ", environment \($0)" } ?? "")")
        return TokenGrant(token: view, secret: secret)
    }
}
