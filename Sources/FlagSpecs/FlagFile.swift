public import Documents
import Values

/// A flag file: what flagd reads, and Halcyon's members beside it.
public struct FlagFile: Sendable {
    /// The environment that the file names itself; flagd's own files name none.
    public var environment: String?
    /// In the file's order.
    public var flags: [ManagedFlag]
    public var segments: [(name: String, rule: Node)]
    public var metadata: Node?

    /// Whether a document is a flag file.
    public static func isOne(_ node: Node) -> Bool { node["flags"] != nil && node["kind"] == nil }

    /// Reads a flag file; reports everything that is wrong to the log. `nil` when nothing can be made of it.
    public init?(reading cursor: Cursor) {
        guard case .mapping(let entries) = cursor.node.value, let flags = cursor.node["flags"] else {
            cursor.mismatch("a flag file (a mapping with 'flags')")
            return nil
        }
        let known = ["$schema", "flags", "$evaluators", "metadata", "environment"]
        for entry in entries where !known.contains(entry.key) {
            Cursor(entry.value, path: .key(entry.key, of: cursor.path), log: cursor.log).report(
                "unknown member '\(entry.key)': it is not kept",
                hint: nearest(to: entry.key, among: known).map { "did you mean '\($0)'?" }, severity: .warning)
        }
        let fields = Fields(cursor: cursor)
        environment = fields["environment"]?.text("an environment's name")
        metadata = cursor.node["metadata"]
        segments = []
        for (name, rule) in fields["$evaluators"]?.entries("rules by name") ?? [] { segments.append((name, rule.node)) }
        self.flags = []
        let cursor = Cursor(flags, path: .key("flags", of: cursor.path), log: cursor.log)
        if case .sequence = flags.value {
            var known: Set<String> = []
            for item in cursor.children { readListed(item, &known) }
        } else {
            for (key, value) in cursor.entries("flags by key") ?? [] {
                if let flag = ManagedFlag(key: key, reading: value) { self.flags.append(flag) }
            }
        }
    }

    /// flagd also takes a list of flags that carry their keys.
    private mutating func readListed(_ item: Cursor, _ known: inout Set<String>) {
        guard case .mapping(let entries) = item.node.value else { return item.mismatch("a flag (a mapping)") }
        guard let key = Fields(cursor: item).required("key", like: "new-checkout")?.text("a flag's key") else { return }
        guard known.insert(key).inserted else { return item.report("the flag '\(key)' is here twice") }
        let node = Node(.mapping(entries.filter { $0.key != "key" }), at: item.node.position)
        if let flag = ManagedFlag(key: key, reading: Cursor(node, path: item.path, log: item.log)) {
            flags.append(flag)
        }
    }
}
