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
        SHA256.hash(data: Array(secret.utf8)).map(hexadecimal).joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 2 ? digits : "0" + digits
    }
}

extension ControlPlane.Memory {
    mutating func indexTokens() {
        principals = [:]
        for record in ledger.tokens.values {
            let principal = Principal(name: record.view.name, role: record.view.role)
            principals[record.hash] = KnownToken(principal: principal, expiresAt: record.view.expiresAt)
        }
        for host in ledger.hosts.values {
            guard let hash = host.tokenHash else { continue }
            let principal = Principal(name: "agent/\(host.name)", role: .agent, host: host.name)
            principals[hash] = KnownToken(principal: principal)
        }
    }
}

extension ControlPlane {
    /// Makes the first admin token and the first join token of a new store; `nil` when there are tokens already.
    ///
    /// - Returns: The secrets, which are stored as digests only and cannot be shown again.
    public func bootstrap() async throws(Problem) -> (admin: String, join: String)? {
        try await change { (draft) throws(Problem) in
            guard draft.ledger.tokens.isEmpty else { return nil }
            let admin = draft.addToken(TokenRequest(name: "admin", role: .admin), by: "halcyon")
            let join = draft.addToken(TokenRequest(name: "join", role: .join), by: "halcyon")
            return (admin.secret, join.secret)
        }
    }
}

extension Draft {
    mutating func addToken(_ request: TokenRequest, by principal: String) -> TokenGrant {
        let secret = Secret.make(request.role)
        let view = TokenView(
            name: request.name, role: request.role, createdAt: now, createdBy: principal,
            expiresAt: request.lifetime.map { now + $0 })
        ledger.tokens[request.name] = TokenRecord(view: view, hash: Secret.hash(secret))
        put(Collection.tokens, request.name, TokenRecord(view: view, hash: Secret.hash(secret)))
        audit("token.create", "token/\(request.name)", by: principal, "role \(request.role.rawValue)")
        return TokenGrant(token: view, secret: secret)
    }
}
