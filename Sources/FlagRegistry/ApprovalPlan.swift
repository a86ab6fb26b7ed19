import Documents
import FlagSpecs
import Ports
import Values
import Wire

/// Several changes, of which some wait for another person: what is made now, and beside it everything as it would be once all
/// of it is approved. What could not be published then shall not wait for anybody.
struct ApprovalPlan {
    private(set) var draft: FlagDraft
    private var hoped: FlagDraft
    private var proposedIn: Set<String> = []

    init(_ draft: FlagDraft) {
        self.draft = draft
        hoped = draft
    }

    /// The file that a flag was read from.
    mutating func note(_ file: String, of key: String, in name: String) {
        draft.files[name, default: [:]][key] = file
        hoped.files[name, default: [:]][key] = file
    }

    /// Puts something, or proposes it.
    ///
    /// - Parameter file: the watched file that brings it: there it was agreed on.
    mutating func set(
        _ kind: ItemKind, _ key: String, in name: String, to node: Node?, action: String, file: String? = nil,
        base: Int64
    ) throws(Problem) -> (diff: [String], proposal: ProposalView?) {
        let diff = try hoped.set(kind, key, in: name, to: node, action: action, file: file)
        guard !diff.isEmpty, try isProposed(in: name, file: file) else {
            try draft.set(kind, key, in: name, to: node, action: action, file: file)
            return (diff, nil)
        }
        return (diff, try propose(kind, key, in: name, to: node, base: base, action: action, diff: diff))
    }

    /// Takes away what a watched file no longer holds.
    mutating func take(_ kind: ItemKind, _ key: String, in name: String, file: String?) throws(Problem) {
        try hoped.set(kind, key, in: name, to: nil, action: "apply", file: file)
        try draft.set(kind, key, in: name, to: nil, action: "apply", file: file)
    }

    /// - Returns: The proposal, where it is only that.
    mutating func setMetadata(_ node: Node?, in name: String, file: String?) throws(Problem) -> ProposalView? {
        let diff = try hoped.setMetadata(node, in: name, file: file)
        guard !diff.isEmpty, try isProposed(in: name, file: file) else {
            try draft.setMetadata(node, in: name, file: file)
            return nil
        }
        return try propose(.metadata, name, in: name, to: node, base: 0, action: "apply", diff: diff)
    }

    /// What is made now, once everything together was found to be a valid set.
    func checked() throws(Problem) -> FlagDraft {
        var hoped = hoped
        for name in proposedIn.sorted() { try hoped.compile(name) }
        return draft
    }

    private func isProposed(in name: String, file: String?) throws(Problem) -> Bool {
        if file != nil { return false }
        return ApprovalRule.isNeeded(in: try draft.environment(name).spec, propose: false)
    }

    private mutating func propose(
        _ kind: ItemKind, _ key: String, in name: String, to node: Node?, base: Int64, action: String, diff: [String]
    ) throws(Problem) -> ProposalView {
        proposedIn.insert(name)
        return try draft.propose(kind, key, in: name, to: node, base: base, action: action, diff: diff)
    }
}
