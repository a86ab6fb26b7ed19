import Values

/// The fields of a mapping whose keys are known.
public struct Fields {
    public let cursor: Cursor

    /// The fields of a mapping, without a look at its keys; none when it is no mapping.
    public init(cursor: Cursor) {
        self.cursor = cursor
    }

    /// The value of a key; `nil` when it is not there.
    public subscript(key: String) -> Cursor? {
        cursor.node[key].map { Cursor($0, path: .key(key, of: cursor.path), log: cursor.log) }
    }

    /// The value of a key that must be there; reports when it is not. `like` is an example for the message.
    public func required(_ key: String, like example: String? = nil) -> Cursor? {
        if let value = self[key] { return value }
        cursor.report("'\(key)' is missing", hint: example.map { "for example \(key): \($0)" })
        return nil
    }

    public func has(_ key: String) -> Bool { cursor.node[key] != nil }

    /// Reports an issue at a key rather than at its value.
    public func report(atKey key: String, _ message: String, hint: String? = nil) {
        guard case .mapping(let entries) = cursor.node.value, let entry = entries.first(where: { $0.key == key }) else {
            return cursor.report(message, hint: hint)
        }
        cursor.report(message, hint: hint, at: entry.keyPosition, path: .key(key, of: cursor.path))
    }
}

extension Cursor {
    /// The fields of a mapping with these keys. Every other key is reported, with the nearest known one.
    ///
    /// - Parameters:
    ///   - expected: What to call the mapping, for example `a wave`.
    ///   - explain: May say something better about an unknown key; answers message and hint.
    public func fields(
        _ known: [String], _ expected: String = "a mapping",
        explain: (String) -> (message: String, hint: String?)? = { _ in nil }
    ) -> Fields? {
        guard case .mapping(let entries) = node.value else {
            mismatch(
                expected == "a mapping" ? expected : "\(expected) (a mapping)", hint: "its keys are \(listed(known))")
            return nil
        }
        for entry in entries where !known.contains(entry.key) {
            let nearestKey = nearest(to: entry.key, among: known)
            let usual = (
                message: "unknown key '\(shortened(entry.key))'",
                hint: nearestKey.map { "did you mean '\($0)'?" } ?? "known keys are \(listed(known))"
            )
            let (message, hint) = explain(entry.key) ?? usual
            report(message, hint: hint, at: entry.keyPosition, path: .key(entry.key, of: path))
        }
        return Fields(cursor: self)
    }
}
