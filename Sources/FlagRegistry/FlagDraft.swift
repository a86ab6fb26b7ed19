import Documents
import FlagSpecs
import Ports
import Values
import Wire

/// All environments being changed: collects the writes that the change needs, its events, and its lines of the audit trail.
struct FlagDraft: Sendable {
    var environments: [String: EnvironmentState]
    /// The newest events of the environments that were deleted.
    private(set) var retired: [String: Int64]
    let now: Timestamp
    /// Who makes the change, and why.
    private(set) var by: String
    private(set) var reason = ""
    private(set) var approvedBy: String?
    /// The file of each flag that was read from one, by environment.
    var files: [String: [String: String]] = [:]
    /// The flags that somebody writes here and now, by environment.
    var authored: [String: Set<String>] = [:]
    /// A rollout's outcome is being stored: nobody edits the flag.
    var isSettling = false
    private var removedSegments: [String: Set<String>] = [:]
    /// The flags that change, by environment, and where something changes that may concern all of them.
    private var changedFlags: [String: Set<String>] = [:]
    private var changedAtLarge: Set<String> = []
    private(set) var touched: Set<String> = []
    private(set) var entry = JournalEntry()
    private(set) var events: [FlagEventView] = []
    private var preconditions: Set<DocumentKey> = []
    /// Where each document is among the writes.
    private var places: [DocumentKey: Int] = [:]

    init(
        _ environments: [String: EnvironmentState], retired: [String: Int64], now: Timestamp, by: String,
        reason: String = ""
    ) {
        self.retired = retired
        self.environments = environments
        self.now = now
        self.by = by
        self.reason = reason
    }

    var isEmpty: Bool { entry.transaction.writes.isEmpty }

    /// The environment, or a problem with the nearest one.
    func environment(_ name: String) throws(Problem) -> EnvironmentState {
        guard let state = environments[name] else {
            throw Problem.unknown("environment", name, among: Array(environments.keys))
        }
        return state
    }

    /// What follows is an author's change that somebody else approved.
    mutating func adopt(author: String, approver: String, reason: String) {
        (by, approvedBy, self.reason) = (author, approver, reason)
    }

    /// Why the change is made, when that shows only while it is made.
    mutating func explain(_ reason: String) { self.reason = reason }

    /// Makes an environment's set plain, and compiles it as it is drafted.
    ///
    /// Flag files may hold what ends in an error when it is evaluated, as flagd takes them. Who writes a flag here hears of it
    /// before anybody is given the error; what was there before does not stand in their way.
    ///
    /// - Parameter dryRun: it is not going to be served: one flag that is written is not worth looking at ten thousand others.
    mutating func compile(_ name: String, dryRun: Bool = false) throws(Problem) {
        var state = try environment(name)
        for segment in (removedSegments[name] ?? []).sorted() where state.segments[segment] == nil {
            let users = state.set.flags(using: segment)
            guard users.isEmpty else {
                throw Problem(
                    .conflict, "the segment \(segment) is used by \(users.joined(separator: ", "))",
                    hint: "change \(users.count == 1 ? "that flag" : "those flags") first")
            }
        }
        let known = Set(state.warnings.map { "\($0.path) \($0.message)" })
        var only: Set<String>?
        if dryRun, !changedAtLarge.contains(name), let changed = changedFlags[name],
            changed.isSuperset(of: (files[name] ?? [:]).keys)
        {
            only = changed
        }
        try state.compile(files: files[name] ?? [:], at: now, only: only)
        for key in (authored[name] ?? []).sorted() {
            let file = files[name]?[key]
            let found = file == nil ? state.warnings : state.fileWarnings.filter { $0.file == file }
            let new = found.within(flag: key).filter { !known.contains("\($0.path) \($0.message)") }
            guard new.isEmpty else {
                throw Problem(
                    .invalid, "nothing was changed: the flag \(key) would give errors",
                    places: new.map { Problem.Place($0, in: name) })
            }
        }
        environments[name] = state
    }

    /// Something outside of what is stored has changed what is served.
    mutating func touch(_ name: String) {
        changedAtLarge.insert(name)
        touched.insert(name)
    }

    // MARK: Items

    /// Puts a flag, segment or holdout, or takes it away when there is no document.
    ///
    /// - Returns: What changed, one line a member; empty when nothing did.
    @discardableResult
    mutating func set(
        _ kind: ItemKind, _ key: String, in name: String, to node: Node?, action: String, file: String? = nil
    ) throws(Problem) -> [String] {
        let (old, stored, sequence) = try present(kind, key, in: name)
        let oldNode = try old.map { (record) throws(Problem) in try Node(stored: record.document, key) }
        if oldNode == node, old?.file == file || node == nil { return [] }
        if kind == .flag { try refuseWhileRolledOut(key, in: name, from: oldNode, to: node) }
        if kind == .segment, node == nil { removedSegments[name, default: []].insert(key) }
        var diff = [node == nil ? "deleted" : "created"]
        if let node, let oldNode {
            diff =
                kind == .flag
                ? ManagedFlag(key: key, node: node).differences(from: ManagedFlag(key: key, node: oldNode))
                : node.differences(from: oldNode)
        }
        let record = node.map { node in
            ItemRecord(
                document: node.compactJSON, revision: sequence, createdAt: old?.createdAt ?? now, updatedAt: now,
                updatedBy: by, file: file)
        }
        environments[name]?.record.sequence = sequence
        try environments[name]?.put(kind, key, record, node)
        if kind == .flag { changedFlags[name, default: []].insert(key) } else { changedAtLarge.insert(name) }
        touched.insert(name)
        let place = DocumentKey(kind.collection(name), key)
        write(place, record.map { Codec.encode($0) }, revision: stored)
        let event = EventRecord(
            sequence: sequence, kind: kind, key: key, at: now, by: by,
            approvedBy: approvedBy, action: action, reason: reason, diff: diff, document: node?.compactJSON)
        append(event, in: name)
        return diff
    }

    /// What there is before something is set, and the number of the change. The environment is held no longer than that: whoever
    /// holds it while it is changed makes a copy of all its flags.
    private func present(
        _ kind: ItemKind, _ key: String, in name: String
    ) throws(Problem) -> (record: ItemRecord?, stored: Revision?, sequence: Int64) {
        let state = try environment(name)
        if kind == .flag, let place = state.flags.index(forKey: key),
            !state.flags[place].key.utf8.elementsEqual(key.utf8)
        {
            throw Problem(
                .conflict,
                "the environment \(name) has a flag whose key looks like '\(key)', written with other characters",
                hint: "choose a key that differs from it by more than the way its accents are encoded")
        }
        return (state.record(kind, key), state.stored(kind, key), state.record.sequence + 1)
    }

    /// Takes an event into the history and the audit trail.
    private mutating func append(_ event: EventRecord, in name: String) {
        write(.flagEvent(name, event.sequence), Codec.encode(event), revision: nil)
        // A segment may have a flag's name; the flag's history is not about it.
        if event.kind == .flag { write(.flagTrace(name, event.key, event.sequence), [], revision: nil) }
        events.append(event.view(name))
        let reason = event.reason.isEmpty ? "" : " (\(event.reason))"
        entry.lines.append(
            JournalEntry.Line(
                action: "\(event.kind.rawValue).\(event.action)",
                subject: "\(event.kind.rawValue)/\(name)/\(event.key)",
                detail: String((event.diff.joined(separator: "; ") + reason).prefix(500))))
        writeEnvironment(name)
    }

    // MARK: Environments

    /// Makes an environment, or changes one.
    @discardableResult
    mutating func setEnvironment(_ spec: EnvironmentSpec) -> [String] {
        let old = environments[spec.name]
        if old?.spec == spec { return [] }
        let record = EnvironmentRecord(
            document: spec.documentNode.compactJSON, metadata: old?.record.metadata,
            metadataFile: old?.record.metadataFile, sequence: (old?.record.sequence ?? retired[spec.name] ?? 0) + 1,
            updatedAt: now,
            updatedBy: by)
        var state = old ?? EnvironmentState(spec: spec, record: record)
        state.spec = spec
        state.record = record
        environments[spec.name] = state
        changedAtLarge.insert(spec.name)
        touched.insert(spec.name)
        let diff = old.map { spec.documentNode.differences(from: $0.spec.documentNode) } ?? ["created"]
        append(
            EventRecord(
                sequence: record.sequence, kind: .environment, key: spec.name, at: now, by: by,
                approvedBy: approvedBy, action: "put", reason: reason, diff: diff, document: record.document),
            in: spec.name)
        return diff
    }

    /// - Returns: What changed, one line a member; empty when nothing did.
    @discardableResult
    mutating func setMetadata(_ node: Node?, in name: String, file: String?) throws(Problem) -> [String] {
        let old = try environment(name)
        guard old.metadata != node else { return [] }
        let nothing = Node.mapping([])
        let diff = (node ?? nothing).differences(from: old.metadata ?? nothing)
        let sequence = old.record.sequence + 1
        environments[name]?.metadata = node
        environments[name]?.record.sequence = sequence
        environments[name]?.record.metadata = node?.compactJSON
        environments[name]?.record.metadataFile = node == nil ? nil : file
        changedAtLarge.insert(name)
        touched.insert(name)
        append(
            EventRecord(
                sequence: sequence, kind: .metadata, key: name, at: now, by: by, approvedBy: approvedBy, action: "put",
                reason: reason, diff: diff, document: node?.compactJSON),
            in: name)
        return diff
    }

    /// Makes what was proposed and is approved now.
    mutating func perform(_ proposal: ProposalRecord, _ node: Node?) throws(Problem) {
        let (view, name) = (proposal.view, proposal.view.environment)
        switch proposal.kind {
        case .flag, .segment, .holdout:
            if proposal.kind == .flag, let node {
                try refuseMissingSegments(of: ManagedFlag(key: view.key, node: node), in: name)
            }
            try set(proposal.kind, view.key, in: name, to: node, action: view.action)
        case .metadata: try setMetadata(node, in: name, file: nil)
        case .environment:
            guard let node, let spec = EnvironmentSpec(reading: Cursor(node, log: IssueLog(file: view.id))) else {
                throw Problem(
                    .internal, "the proposal \(view.id) cannot be read", hint: "reject it, and propose it anew")
            }
            setEnvironment(spec)
        }
    }

    /// A flag that was proposed together with a segment would answer with errors before that is there.
    private func refuseMissingSegments(of flag: ManagedFlag, in name: String) throws(Problem) {
        let state = try environment(name)
        let known = Set(state.flags[flag.key]?.value.segments ?? []).union(state.segments.keys)
        guard let missing = flag.segments.first(where: { !known.contains($0) }) else { return }
        throw Problem(
            .conflict, "the flag \(flag.key) uses the segment \(missing), which is not there yet",
            hint: "approve the segment first: halcyon flag proposals lists what waits")
    }

    mutating func removeEnvironment(_ name: String) throws(Problem) {
        let state = try environment(name)
        write(DocumentKey(FlagCollection.environments, name), nil, revision: state.stored)
        environments[name] = nil
        // Its counts are nobody's any more: an environment that is made anew begins from nothing.
        entry.transaction.writes.append(.delete(DocumentKey(FlagCollection.usage, name)))
        retired[name] = state.record.sequence
        entry.transaction.writes.append(
            .put(
                DocumentKey(FlagCollection.retired, name), Codec.encode(RetiredRecord(sequence: state.record.sequence)))
        )
        touched.insert(name)
        entry.lines.append(JournalEntry.Line(action: "environment.delete", subject: "environment/\(name)", detail: ""))
    }

    private mutating func writeEnvironment(_ name: String) {
        guard let state = environments[name] else { return }
        write(DocumentKey(FlagCollection.environments, name), Codec.encode(state.record), revision: state.stored)
    }

    // MARK: Proposals

    /// Takes a number for a proposal.
    mutating func nextNumber(in name: String) throws(Problem) -> Int64 {
        var state = try environment(name)
        state.record.sequence += 1
        environments[name] = state
        touched.insert(name)
        writeEnvironment(name)
        return state.record.sequence
    }

    mutating func put(_ proposal: ProposalRecord, stored: Revision?, action: String) {
        let view = proposal.view
        write(DocumentKey(FlagCollection.proposals, view.id), Codec.encode(proposal), revision: stored)
        entry.lines.append(
            JournalEntry.Line(
                action: "proposal.\(action)", subject: "\(proposal.kind.rawValue)/\(view.environment)/\(view.key)",
                detail: "\(view.id)\(reason.isEmpty ? "" : " (\(reason))")"))
    }

    // MARK: Writing

    /// The last write of a document counts; its precondition is that of the first.
    private mutating func write(_ key: DocumentKey, _ bytes: [UInt8]?, revision: Revision?) {
        let write: Write = bytes.map { .put(key, $0) } ?? .delete(key)
        if let place = places[key] {
            entry.transaction.writes[place] = write
        } else {
            // Made and taken away in one change: nothing to delete.
            if bytes == nil, revision == nil { return }
            places[key] = entry.transaction.writes.count
            entry.transaction.writes.append(write)
        }
        guard preconditions.insert(key).inserted else { return }
        entry.transaction.preconditions.append(revision.map { .unchanged(key, $0) } ?? .absent(key))
    }

    /// The environments once the transaction is committed as `revision`.
    func committed(as revision: Revision) -> [String: EnvironmentState] {
        var result = environments
        for write in entry.transaction.writes {
            for name in touched { result[name]?.noteStored(write.key, revision) }
        }
        return result
    }
}

extension EnvironmentState {
    func record(_ kind: ItemKind, _ key: String) -> ItemRecord? {
        switch kind {
        case .flag: return flags[key]?.record
        case .segment: return segments[key]?.record
        case .holdout: return holdouts[key]?.record
        case .environment, .metadata: return nil
        }
    }

    func stored(_ kind: ItemKind, _ key: String) -> Revision? {
        switch kind {
        case .flag: return flags[key]?.stored
        case .segment: return segments[key]?.stored
        case .holdout: return holdouts[key]?.stored
        case .environment, .metadata: return stored
        }
    }

    /// Without a record it is taken away.
    mutating func put(_ kind: ItemKind, _ key: String, _ record: ItemRecord?, _ node: Node?) throws(Problem) {
        let stored = stored(kind, key)
        guard let record, let node else {
            switch kind {
            case .flag: flags[key] = nil
            case .segment: segments[key] = nil
            case .holdout: holdouts[key] = nil
            case .environment, .metadata: break
            }
            return
        }
        let log = IssueLog(file: record.file ?? "")
        let cursor = Cursor(node, log: log)
        switch kind {
        case .flag:
            flags[key] = Item(record: record, value: ManagedFlag(key: key, node: node), stored: stored)
        case .segment:
            guard let spec = SegmentSpec(reading: cursor, environment: name), !log.hasErrors else {
                throw Problem(.invalid, "the segment \(key) is wrong", places: log.issues.map { .init($0, in: name) })
            }
            segments[key] = Item(record: record, value: spec, stored: stored)
        case .holdout:
            guard let spec = HoldoutSpec(reading: cursor, environment: name), !log.hasErrors else {
                throw Problem(.invalid, "the holdout \(key) is wrong", places: log.issues.map { .init($0, in: name) })
            }
            holdouts[key] = Item(record: record, value: spec, stored: stored)
        case .environment, .metadata: break
        }
    }

    mutating func noteStored(_ key: DocumentKey, _ revision: Revision) {
        switch key.collection {
        case FlagCollection.environments where key.name == name: stored = revision
        case FlagCollection.flags(name): flags[key.name]?.stored = revision
        case FlagCollection.segments(name): segments[key.name]?.stored = revision
        case FlagCollection.holdouts(name): holdouts[key.name]?.stored = revision
        default: break
        }
    }
}
