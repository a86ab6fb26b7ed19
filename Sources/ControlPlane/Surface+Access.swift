public import Ports
import Rollouts
import Specs
import Synchronization
import Values
public import Wire

/// Tokens, hosts' membership, receivers' tests and logs.
extension ControlPlane: ControlSurface {
    public func join(_ request: JoinRequest, by principal: Principal) async throws(Problem) -> JoinAnswer {
        guard isValidName(request.host) else {
            throw Problem(
                .invalid, "'\(request.host)' is not a host name: use letters, digits, '.', '_' and '-', at most 63")
        }
        let now = clock()
        let live = memory.withLock { memory in
            memory.fleet[request.host].agent != nil && memory.fleet.isLive(request.host, at: now)
        }
        let secret = Secret.make(.agent)
        try await change { (draft) throws(Problem) in
            if draft.ledger.hosts[request.host]?.revokedAt != nil {
                throw Problem(
                    .forbidden, "the host \(request.host) was revoked: a join token does not let it in again",
                    hint: "an admin lets it in with: halcyon host admit \(request.host)")
            }
            if let present = draft.ledger.hosts[request.host], !present.agent.isEmpty, present.agent != request.agent {
                // Without tokens an agent that lost its data folder may take its name again, once nobody answers to it.
                guard self.settings.dev, !live else {
                    throw Problem(
                        .conflict, "a host named \(request.host) has joined already, from another agent",
                        hint:
                            "give this one another --name; if the old one is gone, run: halcyon delete host \(request.host)"
                    )
                }
            }
            let record = HostRecord(
                name: request.host, address: request.address, labels: request.labels, agent: request.agent,
                tokenHash: Secret.hash(secret), joinedAt: draft.ledger.hosts[request.host]?.joinedAt ?? draft.now,
                release: request.release)
            draft.ledger.hosts[request.host] = record
            draft.put(Collection.hosts, request.host, record)
            draft.audit("host.join", "host/\(request.host)", by: principal.name, request.address)
        }
        memory.withLock { $0.fleet[request.host].expectedSince = now }
        publishHost(request.host)
        return JoinAnswer(token: secret)
    }

    public func revoke(host: String, by principal: Principal) async throws(Problem) {
        try await change { (draft) throws(Problem) in
            guard var record = draft.ledger.hosts[host] else {
                throw Problem.unknown("host", host, among: Array(draft.ledger.hosts.keys))
            }
            record.tokenHash = nil
            record.revokedAt = draft.now
            // Once it is let in, any agent may take the name with a join token.
            record.agent = ""
            draft.ledger.hosts[host] = record
            draft.put(Collection.hosts, host, record)
            draft.audit("host.revoke", "host/\(host)", by: principal.name)
        }
        let sink = memory.withLock { memory in
            let sink = memory.fleet[host].sink
            memory.fleet.forgetStream(host)
            // Otherwise the name would be taken until the old agent's grace time is over.
            memory.fleet[host].agent = nil
            return sink
        }
        sink?.close()
    }

    public func admit(host: String, by principal: Principal) async throws(Problem) {
        try await change { (draft) throws(Problem) in
            guard var record = draft.ledger.hosts[host] else {
                throw Problem.unknown("host", host, among: Array(draft.ledger.hosts.keys))
            }
            guard record.revokedAt != nil else { return }
            record.revokedAt = nil
            draft.ledger.hosts[host] = record
            draft.put(Collection.hosts, host, record)
            draft.audit("host.admit", "host/\(host)", by: principal.name)
        }
        publishHost(host)
    }

    public func createToken(_ request: TokenRequest, by principal: Principal) async throws(Problem) -> TokenGrant {
        guard isValidName(request.name) else { throw Problem(.invalid, "'\(request.name)' is not a token name") }
        // In the history this name stands for what the control plane does by itself.
        guard request.name != RolloutMachine.automatic else {
            throw Problem(.invalid, "the name '\(request.name)' is the control plane's own", hint: "choose another")
        }
        if let lifetime = request.lifetime, lifetime <= .zero {
            throw Problem(.invalid, "a token cannot last \(lifetime)", hint: "give a time such as 30d")
        }
        guard request.role != .agent else {
            throw Problem(.invalid, "agents get their tokens by joining", hint: "make a token with the role join")
        }
        let request = try withEnvironment(request)
        return try await change { (draft) throws(Problem) in
            guard draft.ledger.tokens[request.name] == nil else {
                throw Problem(
                    .conflict, "there is a token named \(request.name) already",
                    hint: "revoke it first: halcyon token revoke \(request.name)")
            }
            return draft.addToken(request, by: principal.name)
        }
    }

    /// An SDK's token names an environment that there is; no other token names one.
    private func withEnvironment(_ request: TokenRequest) throws(Problem) -> TokenRequest {
        guard request.role == .sdk else {
            if request.environment == nil { return request }
            throw Problem(
                .invalid, "a token of the role \(request.role.rawValue) is for all environments",
                hint: "only the role sdk names one")
        }
        var request = request
        let name = request.environment ?? "production"
        let names = flags.withLock { $0 }?.environmentNames ?? []
        guard names.contains(name) else { throw Problem.unknown("environment", name, among: names) }
        request.environment = name
        return request
    }

    public func revokeToken(_ name: String, by principal: Principal) async throws(Problem) {
        try await change { (draft) throws(Problem) in
            guard let record = draft.ledger.tokens[name] else {
                throw Problem.unknown("token", name, among: Array(draft.ledger.tokens.keys))
            }
            let others = draft.ledger.tokens.values.filter { token in
                let isValid = token.view.expiresAt.map { $0 > draft.now } ?? true
                return token.view.role == .admin && token.view.name != name && isValid
            }
            guard record.view.role != .admin || !others.isEmpty else {
                throw Problem(.refused, "\(name) is the last admin token", hint: "make another one first")
            }
            draft.ledger.tokens[name] = nil
            draft.delete(Collection.tokens, name)
            draft.audit("token.revoke", "token/\(name)", by: principal.name)
        }
    }

    public func testReceiver(_ name: String, by principal: Principal) async throws(Problem) -> DeliveryView {
        let record = try await change { (draft) throws(Problem) in
            guard draft.ledger.receivers[name] != nil else {
                throw Problem.unknown("receiver", name, among: Array(draft.ledger.receivers.keys))
            }
            let notification = Ports.Notification(
                id: "\(sortable(draft.now.milliseconds, width: 15))-test", event: .started, at: draft.now,
                text: "This is a test of receiver \(name), asked for by \(principal.name).")
            draft.audit("receiver.test", "receiver/\(name)", by: principal.name)
            var record = draft.send(notification, to: name, isTest: true)
            // The answer is wanted here and now: the outbox leaves it alone unless the server dies before.
            record.nextAttemptAt = draft.now + .minutes(1)
            draft.setDelivery(record)
            return record
        }
        await deliver(record)
        let newest = try await deliveries(receiver: name, limit: 10)
        return newest.first { $0.id == record.name } ?? record.view
    }

    public func logs(host: String, request: LogRequest) async throws(Problem) -> AsyncStream<[UInt8]> {
        _ = try await self.host(host)
        // The names become a path on the host.
        guard isValidName(request.service), request.instance.map({ isValidName($0) }) ?? true else {
            throw Problem(.invalid, "'\(request.service)' is not a service name, or the instance is none")
        }
        guard let sink = memory.withLock({ $0.fleet[host].sink }) else {
            throw Problem(
                .unavailable, "the agent of \(host) is not connected", hint: "its logs are on the host itself")
        }
        let stream = logRelay.open(id: request.id, host: host)
        guard sink.send(event: "logs", data: Codec.encode(request)) else {
            logRelay.end(id: request.id, host: host)
            throw Problem(.unavailable, "the agent of \(host) has just gone away")
        }
        return stream
    }

    public func deliverLogs(host: String, id: String, chunk: [UInt8]) async -> Bool {
        await logRelay.deliver(id: id, host: host, chunk: chunk)
    }

    public func endLogs(host: String, id: String) async {
        logRelay.end(id: id, host: host)
    }
}
