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
    /// The plain set that is compiled from all this.
    var lowered = LoweredSet()
    var snapshot = FlagSnapshot.empty
    var warnings: [DocumentIssue] = []
    /// The warnings of what was just read from files, with their places in them.
    var fileWarnings: [DocumentIssue] = []
    var publishedAt = Timestamp.epoch

    var name: String { spec.name }

    /// The members that decide what is served.
    var set: FlagSet {
        FlagSet(
            bucketing: spec.bucketing, flags: flags.mapValues(\.value), segments: segments.mapValues { $0.value.rule },
            holdouts: holdouts.mapValues(\.value), metadata: metadata)
    }

    /// When a schedule or a ramp changes something next.
    var nextChangeAt: Timestamp? { flags.values.compactMap { $0.value.nextChangeAt }.min() }

    /// Makes the set plain and compiles it.
    ///
    /// - Parameter files: the file of each flag that was just read from one.
    /// - Throws: a `Problem` with every place that is wrong; nothing has changed then.
    mutating func compile(files: [String: String], at now: Timestamp) throws(Problem) {
        let lowered = set.lowered(files: files)
        let inFiles = issues(in: files, of: lowered)
        var errors = lowered.issues.errors + inFiles.errors
        if errors.isEmpty {
            let (snapshot, issues) = FlagSnapshot.compile(
                lowered.node, file: "", bucketing: bucketing, reusing: self.snapshot)
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

extension DocumentIssue {
    /// Whether it is about something within this flag. What concerns the set as a whole is told at a flag itself.
    func isWithin(flag key: String) -> Bool {
        let flag = FieldPath.key(key, of: .key("flags", of: .root)).description
        return path.hasPrefix(flag + ".") || path.hasPrefix(flag + "[")
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
        let record = try Codec.decode(EnvironmentRecord.self, document)
        let log = IssueLog(file: name)
        guard let spec = EnvironmentSpec(reading: Cursor(try Node(stored: record.document, name), log: log)) else {
            throw Problem(.internal, "the stored environment \(name) cannot be read")
        }
        var state = EnvironmentState(spec: spec, record: record, stored: document.revision)
        if let metadata = record.metadata { state.metadata = try Node(stored: metadata, "metadata of \(name)") }
        do {
            for document in try await store.listAll(FlagCollection.flags(name)) {
                let record = try Codec.decode(ItemRecord.self, document)
                let node = try Node(stored: record.document, "flag \(document.key.name)")
                state.flags[document.key.name] = Item(
                    record: record, value: ManagedFlag(key: document.key.name, node: node), stored: document.revision)
            }
            for document in try await store.listAll(FlagCollection.segments(name)) {
                let (record, cursor) = try read(document, log)
                guard let spec = SegmentSpec(reading: cursor, environment: name) else { continue }
                state.segments[spec.name] = Item(record: record, value: spec, stored: document.revision)
            }
            for document in try await store.listAll(FlagCollection.holdouts(name)) {
                let (record, cursor) = try read(document, log)
                guard let spec = HoldoutSpec(reading: cursor, environment: name) else { continue }
                state.holdouts[spec.name] = Item(record: record, value: spec, stored: document.revision)
            }
        } catch let problem as Problem {
            throw problem
        } catch let error as StoreError {
            throw Problem(storeError: error)
        } catch {
            throw Problem(.unavailable, "the store cannot be read: \(error)")
        }
        return state
    }

    private static func read(_ document: StoredDocument, _ log: IssueLog) throws(Problem) -> (ItemRecord, Cursor) {
        let record = try Codec.decode(ItemRecord.self, document)
        return (record, Cursor(try Node(stored: record.document, document.key.name), log: log))
    }
}
