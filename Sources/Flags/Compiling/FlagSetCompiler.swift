import Documents
import Values

/// Makes a snapshot of a flag set's document.
struct FlagSetCompiler {
    /// Deeper nesting is refused, so that no rule can exhaust the stack.
    static let depthLimit = 100

    let log: IssueLog
    let bucketing: Bucketing
    private let shared: SharedRules
    private var metadata: [FlagMember] = []
    /// `metadata` as JSON, which all flags without metadata of their own share.
    private var metadataJSON: [UInt8] = Array("{}".utf8)
    /// More metadata than this is refused, in bytes of JSON: it is in every answer.
    static let metadataLimit = 16 * 1024
    /// The strict document of the set so far.
    private var payload = Array(#"{"flags":{"#.utf8)
    /// A snapshot with the same shared rules and metadata, if there is one.
    private var old: FlagSnapshot?
    /// The flags that are not as they were when `old` was made; `nil` when that is not known.
    private let changed: Set<String>?
    /// Where in `old` the last flag was that was taken over.
    private var lastTaken = -1

    init(log: IssueLog, bucketing: Bucketing, set: Node, old: FlagSnapshot? = nil, changed: Set<String>? = nil) {
        self.log = log
        self.bucketing = bucketing
        self.old = old
        self.changed = changed
        shared = SharedRules(set["$evaluators"])
    }

    private static let members = ["flags", "$evaluators", "metadata", "$schema"]

    mutating func compile(_ set: Node) -> FlagSnapshot? {
        let cursor = Cursor(set, log: log)
        guard case .mapping(let entries) = set.value else {
            cursor.mismatch("a flag set", hint: "for example {\"flags\": {\"new-cart\": {…}}}")
            return nil
        }
        for entry in entries where !FlagSetCompiler.members.contains(entry.key) {
            let hint = nearest(to: entry.key, among: FlagSetCompiler.members).map { "did you mean '\($0)'?" }
            Fields(cursor: cursor).warn(atKey: entry.key, "unknown key '\(entry.key)' is left out", hint: hint)
        }
        let fields = Fields(cursor: cursor)
        if let shared = fields["$evaluators"], shared.node.value != .null { _ = shared.entries("shared rules") }
        metadata = fields["metadata"].map { FlagSetCompiler.metadata($0) } ?? []
        metadataJSON = FlagValue.object(metadata).json
        guard let flagsCursor = fields.required("flags", like: "{\"new-cart\": {…}}") else { return nil }
        let sharedJSON = FlagSetCompiler.filled("$evaluators", set).map { JSONWriter.write($0) }
        forgetOld(unless: sharedJSON)
        let flags = named(flagsCursor).compactMap { key, cursor in flag(key, cursor) }
        warnOfGenerations(flags, flagsCursor)
        guard !log.hasErrors else { return nil }
        payload.append(UInt8(ascii: "}"))
        var sharedSource: Range<Int>?
        if let sharedJSON {
            payload += Array(#","$evaluators":"#.utf8)
            sharedSource = payload.count..<payload.count + sharedJSON.count
            payload += sharedJSON
        }
        if let node = FlagSetCompiler.filled("metadata", set) {
            payload += Array(#","metadata":"#.utf8) + JSONWriter.write(node)
        }
        payload.append(UInt8(ascii: "}"))
        return FlagSnapshot(
            flags: flags, bucketing: bucketing, metadata: metadata, syncPayload: payload, sharedSource: sharedSource)
    }

    private static func filled(_ key: String, _ set: Node) -> Node? {
        set[key].flatMap { $0.value == .null ? nil : $0 }
    }

    /// What every flag depends on must not have changed.
    private mutating func forgetOld(unless sharedJSON: [UInt8]?) {
        guard let known = old else { return }
        let oldShared = known.sharedSource.map { Array(known.syncPayload[$0]) }
        if oldShared != sharedJSON || known.metadata != metadata { old = nil }
    }

    /// The flags with their keys: a mapping, or a list of flags that each say their `key`.
    private func named(_ cursor: Cursor) -> [(key: String, cursor: Cursor)] {
        guard case .sequence = cursor.node.value else {
            return (cursor.entries("flags by their keys") ?? []).map { ($0.key, $0.value) }
        }
        var known: Set<String> = []
        return cursor.children.compactMap { item in
            guard let key = Fields(cursor: item).required("key", like: "new-cart")?.text("the flag's key") else {
                return nil
            }
            guard known.insert(key).inserted else {
                item.report("the flag '\(key)' is here twice")
                return nil
            }
            return (key, item)
        }
    }

    /// Members of metadata are named scalars.
    static func metadata(_ cursor: Cursor) -> [FlagMember] {
        guard cursor.node.value != .null, let entries = cursor.entries("metadata") else { return [] }
        let members = entries.compactMap { key, value -> FlagMember? in
            let member = FlagValue(value.node)
            if key.isEmpty { value.report("metadata needs a name") }
            guard member != .null, !member.isComposite else {
                value.mismatch("a text, a number, true or false")
                return nil
            }
            return FlagMember(key, member)
        }
        let size = FlagValue.object(members).json.count
        if size > metadataLimit {
            cursor.report(
                "metadata of \(size) bytes, and at most \(metadataLimit) are kept: it is in every answer",
                hint: "keep here what readers of a flag need, and the rest elsewhere")
        }
        return members
    }

    private mutating func flag(_ key: String, _ cursor: Cursor) -> CompiledFlag? {
        if let changed, !changed.contains(key), let known = takenOver(key) { return known }
        if key.isEmpty { cursor.report("a flag needs a key") }
        if let place = cursor.node.place(deeperThan: FlagSetCompiler.depthLimit) {
            report(.tooDeep(place), cursor)
            return nil
        }
        let source = write(key, JSONWriter.write(cursor.node.strict))
        if let known = unchanged(key, cursor.node, source) { return known }
        let before = log.count
        do throws(SharedRules.Problem) {
            let resolved = Cursor(try shared.resolved(cursor.node), path: cursor.path, log: log)
            var flag = FlagCompiler(
                key: key, cursor: resolved, setMetadata: metadata, setMetadataJSON: metadataJSON, shared: shared
            ).compile()
            flag?.source = source
            flag?.isClean = log.count == before
            return flag
        } catch {
            report(error, cursor)
            return nil
        }
    }

    /// Adds a flag to the payload; answers where it is.
    private mutating func write(_ key: String, _ json: some Collection<UInt8>) -> Range<Int> {
        var writer = JSONWriter()
        writer.append(key)
        if payload.last != UInt8(ascii: "{") { payload.append(UInt8(ascii: ",")) }
        payload += writer.bytes
        payload.append(UInt8(ascii: ":"))
        payload += json
        return payload.count - json.count..<payload.count
    }

    /// The flag of the old snapshot, which is known to be the same: nothing of it is looked at.
    private mutating func takenOver(_ key: String) -> CompiledFlag? {
        guard let old, let index = old.index(of: key, after: lastTaken) else { return nil }
        lastTaken = index
        var flag = old.flags[index]
        guard flag.isClean else { return nil }
        flag.source = write(key, old.syncPayload[flag.source])
        return flag
    }

    /// The flag of the old snapshot, where it was written just the same.
    private func unchanged(_ key: String, _ node: Node, _ source: Range<Int>) -> CompiledFlag? {
        guard let old, let index = old.index(of: key), case .mapping(let entries) = node.value,
            entries.allSatisfy({ FlagCompiler.members.contains($0.key) })
        else { return nil }
        var flag = old.flags[Int(index)]
        guard flag.isClean, flag.source.count == source.count else { return nil }
        let isSame = payload.withUnsafeBytes { new in
            old.syncPayload.withUnsafeBytes { known in
                guard let one = new.baseAddress, let other = known.baseAddress else { return false }
                return sameBytes(one + source.lowerBound, other + flag.source.lowerBound, source.count)
            }
        }
        guard isSame else { return nil }
        flag.source = source
        return flag
    }

    /// Clients of another generation of flagd put the same users into other buckets.
    private func warnOfGenerations(_ flags: [CompiledFlag], _ cursor: Cursor) {
        let splitting = flags.filter { $0.targeting?.splits == true }
        guard let first = splitting.first else { return }
        let count = splitting.count == 1 ? "1 flag splits users" : "\(splitting.count) flags split users"
        let other: Bucketing = bucketing == .v3 ? .v2 : .v3
        Cursor(cursor.node[first.key] ?? cursor.node, path: .key(first.key, of: cursor.path), log: log).report(
            "\(count) with fractional by bucketing \(bucketing.rawValue): in-process clients of generation \(other.rawValue) put them into other buckets",
            hint: "use clients of one generation, or set the environment's bucketing to \(other.rawValue)",
            severity: .warning)
    }

    private func report(_ problem: SharedRules.Problem, _ cursor: Cursor) {
        switch problem {
        case .tooLarge:
            cursor.report(
                "this flag has more than \(SharedRules.sizeLimit) values once its shared rules are put in",
                hint: "refer to fewer rules, or to smaller ones")
        case .tooDeep(let position):
            let place = position == .unknown ? "" : " (\(position))"
            cursor.report(
                "nested deeper than \(FlagSetCompiler.depthLimit) levels, with its shared rules put in\(place)",
                hint: "split the rule")
        }
    }
}

extension Fields {
    /// Reports a warning at a key.
    func warn(atKey key: String, _ message: String, hint: String?) {
        self[key]?.report(message, hint: hint, severity: .warning)
    }
}

extension Node {
    /// The first place that is nested deeper than so many levels.
    func place(deeperThan limit: Int) -> Position? {
        if limit < 0 { return position }
        switch value {
        case .sequence(let items):
            for item in items { if let place = item.place(deeperThan: limit - 1) { return place } }
        case .mapping(let entries):
            for entry in entries { if let place = entry.value.place(deeperThan: limit - 1) { return place } }
        case .null, .bool, .integer, .number, .string: break
        }
        return nil
    }

    /// A flag with flagd's members only: its in-process clients refuse a set with any other.
    var strict: Node {
        guard case .mapping(let entries) = value else { return self }
        return .mapping(
            FlagCompiler.members.compactMap { name in
                entries.first { $0.key == name }.map { (name, $0.value) }
            })
    }
}
