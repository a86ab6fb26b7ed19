import Documents
import FlagSpecs
import Ports
import Values
public import Wire

/// Changes that wait for another person.
extension FlagRegistry {
    public func proposals(environment: String?, open: Bool) async throws(Problem) -> [ProposalView] {
        var views: [ProposalView] = []
        do throws(StoreError) {
            for document in try await store.listAll(FlagCollection.proposals) {
                if let record = try? Codec.decode(ProposalRecord.self, document) { views.append(record.view) }
            }
        } catch {
            throw Problem(storeError: error)
        }
        if let environment { views = views.filter { $0.environment == environment } }
        if open { views = views.filter { $0.state == .open } }
        return views.sorted { ($0.at, $0.id) > ($1.at, $1.id) }
    }

    public func proposal(_ id: String) async throws(Problem) -> ProposalView { try await read(id).record.view }

    private func read(_ id: String) async throws(Problem) -> (record: ProposalRecord, stored: Revision) {
        let document: StoredDocument?
        do throws(StoreError) {
            document = try await store.read(DocumentKey(FlagCollection.proposals, id))
        } catch {
            throw Problem(storeError: error)
        }
        guard let document else {
            throw Problem.unknown("proposal", id, among: try await proposals(environment: nil, open: true).map(\.id))
        }
        return (try Codec.decode(ProposalRecord.self, document), document.revision)
    }

    public func approve(proposal id: String, reason: String, by principal: Principal) async throws(Problem)
        -> ProposalView
    {
        let (record, stored) = try await readOpen(id)
        let proposed = record.view
        let document = try proposed.document.map { (text) throws(Problem) in try Node(stored: text, id) }
        return try await change(by: principal, reason: reason) { (draft) throws(Problem) in
            let state = try draft.environment(proposed.environment)
            let present = state.record(record.kind, proposed.key)
            let refusal = ApprovalRule.refusal(
                author: proposed.by, approver: principal.name, base: proposed.base, current: present?.revision ?? 0)
            if let refusal {
                throw Problem(.refused, refusal, hint: "ask somebody else, or propose the change anew")
            }
            if let replaced = record.replaces, replaced != state.document(record.kind) {
                throw Problem(
                    .refused,
                    record.kind == .environment
                        ? "the environment \(proposed.environment) has been changed since this was proposed"
                        : "the metadata of \(proposed.environment) has been changed since this was proposed",
                    hint: "reject it, and propose the change anew")
            }
            try self.refuseOwned(present, "\(record.kind.rawValue) \(proposed.key)", in: proposed.environment)
            var decided = record
            decided.view.state = .applied
            decided.view.decide(by: principal.name, at: draft.now, reason: reason)
            draft.put(decided, stored: stored, action: "approve")
            var own = draft
            own.adopt(author: proposed.by, approver: principal.name, reason: proposed.reason)
            try own.perform(record, document)
            draft = own
            return decided.view
        }.result
    }

    public func reject(proposal id: String, reason: String, by principal: Principal) async throws(Problem)
        -> ProposalView
    {
        let (record, stored) = try await readOpen(id)
        return try await change(by: principal, reason: reason) { (draft) throws(Problem) in
            var decided = record
            decided.view.state = .rejected
            decided.view.decide(by: principal.name, at: draft.now, reason: reason)
            draft.put(decided, stored: stored, action: "reject")
            return decided.view
        }.result
    }

    private func readOpen(_ id: String) async throws(Problem) -> (record: ProposalRecord, stored: Revision) {
        let (record, stored) = try await read(id)
        guard record.view.state == .open else {
            throw Problem(
                .conflict,
                "the proposal \(id) was \(record.view.state.rawValue) by \(record.view.decidedBy ?? "somebody")")
        }
        return (record, stored)
    }
}

extension ProposalView {
    fileprivate mutating func decide(by person: String, at time: Timestamp, reason: String) {
        decidedBy = person
        decidedAt = time
        decisionReason = reason.isEmpty ? nil : reason
    }
}

extension FlagDraft {
    mutating func propose(
        _ kind: ItemKind, _ key: String, in name: String, to node: Node?, base: Int64, action: String, diff: [String]
    ) throws(Problem) -> ProposalView {
        let number = try nextNumber(in: name)
        let view = ProposalView(
            id: "\(name)-\(number)", environment: name, kind: kind.rawValue, key: key, state: .open, action: action,
            reason: reason, by: by, at: now, base: base, diff: diff, document: node?.compactJSON)
        let record = ProposalRecord(view: view, kind: kind, replaces: try environment(name).document(kind))
        put(record, stored: nil, action: "make")
        return view
    }
}

extension EnvironmentState {
    /// What there is of something that has no revision of its own; `nil` of what has.
    fileprivate func document(_ kind: ItemKind) -> String? {
        switch kind {
        case .flag, .segment, .holdout: nil
        case .environment: spec.documentNode.compactJSON
        case .metadata: metadata?.compactJSON ?? ""
        }
    }
}
