/// What happened to a flag between two snapshots, in flagd's words.
public enum FlagChangeKind: String, Hashable, Sendable, CaseIterable {
    case write
    case update
    case delete
}

extension FlagSnapshot {
    /// The flags that are new, gone, or may answer otherwise than in `other`, also because of a shared rule or the
    /// set's metadata; sorted by key.
    public func changedKeys(since other: FlagSnapshot) -> [(key: String, kind: FlagChangeKind)] {
        var changes: [(key: String, kind: FlagChangeKind)] = []
        for flag in flags {
            guard let old = other.index(of: flag.key) else {
                changes.append((flag.key, .write))
                continue
            }
            if other.flags[Int(old)].fingerprint != flag.fingerprint { changes.append((flag.key, .update)) }
        }
        for flag in other.flags where index(of: flag.key) == nil { changes.append((flag.key, .delete)) }
        return changes.sorted { $0.key < $1.key }
    }
}
