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
        var place = -1
        var known = 0
        for flag in flags {
            guard let old = other.index(of: flag.key, after: place) else {
                changes.append((flag.key, .write))
                continue
            }
            place = old
            known += 1
            if other.flags[old].fingerprint != flag.fingerprint { changes.append((flag.key, .update)) }
        }
        if known < other.count {
            for flag in other.flags where index(of: flag.key) == nil { changes.append((flag.key, .delete)) }
        }
        return changes.sorted { $0.key < $1.key }
    }

    /// Where a flag is. Who goes through another set's flags mostly finds each behind the one before.
    func index(of key: String, after last: Int) -> Int? {
        if last + 1 < count, sameText(flags[last + 1].key, key) { return last + 1 }
        return index(of: key).map(Int.init)
    }
}
