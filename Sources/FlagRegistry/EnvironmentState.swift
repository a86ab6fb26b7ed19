import Documents
import FlagSpecs
import Flags
import Ports
import Values
import Wire

/// One environment as it is known: what is stored, and what it means.
struct EnvironmentState: Sendable {
    struct Item<Value: Sendable>: Sendable {
        var record: ItemRecord
        var value: Value
        /// The store's revision of the document.
        var stored: Revision?
    }

    var spec: EnvironmentSpec
    var record: EnvironmentRecord
    var stored: Revision?
    var flags: [String: Item<ManagedFlag>] = [:]
    var segments: [String: Item<SegmentSpec>] = [:]
    var holdouts: [String: Item<HoldoutSpec>] = [:]
    var metadata: Node?
    /// What rollouts in flight make of its flags, by key.
    var overlays: [String: FlagOverlay] = [:]
    /// The plain set that is compiled from all this.
    var lowered = LoweredSet()
    var snapshot = FlagSnapshot.empty
    var warnings: [DocumentIssue] = []
    /// The warnings of what was just read from files, with their places in them.
    var fileWarnings: [DocumentIssue] = []
    var publishedAt = Timestamp.epoch
    /// Why it is not served; empty when it is. What is stored stays as it is.
    var trouble: [String] = []
    /// Some of what is stored could not even be read: nothing is served without it, and nothing changed.
    var isUnreadable = false

    var name: String { spec.name }

    /// The members that decide what is served.
    var set: FlagSet {
        FlagSet(
            bucketing: spec.bucketing, flags: flags.mapValues(\.value), segments: segments.mapValues { $0.value.rule },
            holdouts: holdouts.mapValues(\.value), metadata: metadata, overlays: overlays)
    }

    /// When a schedule or a ramp changes something next.
    var nextChangeAt: Timestamp? { flags.values.compactMap { $0.value.nextChangeAt }.min() }

    /// Makes the set plain and compiles it.
    ///
    /// - Parameters:
    ///   - files: the file of each flag that was just read from one.
    ///   - only: the flags that have changed, when the set is not going to be served: they may be enough to look at.
    /// - Throws: a `Problem` with every place that is wrong; nothing has changed then.
    mutating func compile(
        files: [String: String], at now: Timestamp, only changed: Set<String>? = nil
    ) throws(Problem) {
        guard !isUnreadable else {
            throw Problem(
                .unavailable, "the environment \(name) is not served: \(trouble.joined(separator: "; "))",
                hint: "start the release that stored it, or restore a backup")
        }
        let whole = set
        let set = changed.flatMap(whole.part) ?? whole
        let lowered = set.lowered(files: files, reusing: self.lowered)
        let inFiles = issues(in: files, of: lowered)
        var errors = lowered.issues.errors + inFiles.errors
        if errors.isEmpty {
            let (snapshot, issues) = FlagSnapshot.compile(
                lowered.node, file: "", bucketing: bucketing, reusing: self.snapshot, changed: lowered.changed)
            errors = issues.errors
            if let snapshot {
                self.snapshot = snapshot
                self.warnings = issues.warnings
            }
        }
        guard errors.isEmpty else {
            throw Problem(
                .invalid, "nothing was changed: the flags of \(name) would not be a valid set",
                places: errors.map { Problem.Place($0, in: name) })
        }
        self.lowered = lowered
        fileWarnings = inFiles.warnings
        trouble = []
        publishedAt = now
    }

    private var bucketing: Bucketing { Bucketing(rawValue: spec.bucketing.rawValue) ?? .v3 }

    /// Compiles what each file brought by itself, so that messages name the file and the place in it.
    private func issues(in files: [String: String], of lowered: LoweredSet) -> [DocumentIssue] {
        var issues: [DocumentIssue] = []
        for (file, members) in Dictionary(grouping: files.keys, by: { files[$0] ?? "" }).sorted(by: { $0.key < $1.key })
        {
            let flags = members.sorted().compactMap { key in lowered.flags[key].map { Node.Entry(key, $0) } }
            let part = Node.mapping([("flags", Node(.mapping(flags))), ("$evaluators", lowered.node["$evaluators"])])
            issues += FlagSnapshot.compile(part, file: file, bucketing: bucketing).issues
        }
        return issues
    }
}

extension EnvironmentState {
    /// The warnings about something within this flag.
    func warnings(of key: String) -> [DocumentIssue] { warnings.isEmpty ? [] : warnings.within(flag: key) }
}

extension [DocumentIssue] {
    /// Those about something within this flag. What concerns the set as a whole is told at a flag itself.
    func within(flag key: String) -> [DocumentIssue] {
        let flag = FieldPath.key(key, of: .key("flags", of: .root)).description
        let (member, item) = (flag + ".", flag + "[")
        return filter { $0.path.hasPrefix(member) || $0.path.hasPrefix(item) }
    }
}

extension Problem.Place {
    /// What is in no file is told by its environment and its path.
    init(_ issue: DocumentIssue, in environment: String) {
        // Of a flag whose targeting was typed, the rest is as it was stored.
        let isInFile = !issue.file.isEmpty && (issue.file != "the targeting" || issue.path.contains(".targeting"))
        self.init(
            file: isInFile ? issue.file : environment, line: isInFile ? issue.line : 0,
            column: isInFile ? issue.column : 0, path: issue.path, message: issue.message, hint: issue.hint)
    }
}

// MARK: - Reading the store

extension EnvironmentState {
    static func load(
        _ document: StoredDocument, from store: any DocumentStore
    ) async throws(Problem) -> EnvironmentState {
        let name = document.key.name
        var state = empty(name, document.revision)
        state.attempt { (state) throws(Problem) in
            let record = try Codec.decode(EnvironmentRecord.self, document)
            let cursor = Cursor(try Node(stored: record.document, name), log: IssueLog(file: name))
            guard let spec = EnvironmentSpec(reading: cursor) else {
                throw Problem(.internal, "the stored environment \(name) cannot be read")
            }
            (state.spec, state.record) = (spec, record)
            if let metadata = record.metadata { state.metadata = try Node(stored: metadata, "metadata of \(name)") }
        }
        do throws(StoreError) {
            for kind in [ItemKind.flag, .segment, .holdout] {
                for document in try await store.listAll(kind.collection(name)) {
                    state.attempt { (state) throws(Problem) in try state.read(document, as: kind) }
                }
            }
        } catch {
            throw Problem(storeError: error)
        }
        return state
    }

    /// One whose own document is not read yet.
    private static func empty(_ name: String, _ stored: Revision) -> EnvironmentState {
        let record = EnvironmentRecord(document: "{}", sequence: 0, updatedAt: .epoch, updatedBy: "")
        return EnvironmentState(spec: EnvironmentSpec(name: name), record: record, stored: stored)
    }

    /// What cannot be read is noted, and the rest is read on.
    private mutating func attempt(_ body: (inout EnvironmentState) throws(Problem) -> Void) {
        do throws(Problem) {
            try body(&self)
        } catch {
            isUnreadable = true
            trouble.append(error.description)
        }
    }

    private mutating func read(_ document: StoredDocument, as kind: ItemKind) throws(Problem) {
        let key = document.key.name
        let record = try Codec.decode(ItemRecord.self, document)
        try put(kind, key, record, try Node(stored: record.document, "\(kind.rawValue) \(key)"))
        noteStored(document.key, document.revision)
    }
}
