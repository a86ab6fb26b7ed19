public import Documents

/// What a change of a set does to one of its flags or segments.
public struct FlagSetChange: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case flag
        case segment
    }

    public var kind: Kind
    public var name: String
    /// `nil`: there was none.
    public var old: Node?
    /// `nil`: it is taken away.
    public var new: Node?

    public init(kind: Kind, name: String, old: Node?, new: Node?) {
        self.kind = kind
        self.name = name
        self.old = old
        self.new = new
    }

    public var diff: [String] {
        guard let new else { return ["removed"] }
        guard kind == .flag else { return new.differences(from: old ?? Node(.mapping([]))) }
        return ManagedFlag(key: name, node: new).differences(from: old.map { ManagedFlag(key: name, node: $0) })
    }
}

extension FlagSet {
    /// What must be done here to have another set's flags, with the segments that they use.
    ///
    /// What belongs to a moment stays behind: the schedule, and the state of a ramp.
    public func changes(copying keys: [String], from other: FlagSet) -> [FlagSetChange] {
        var changes: [FlagSetChange] = []
        var segments: [String] = []
        for key in keys.sorted() {
            guard var flag = other.flags[key] else { continue }
            flag["schedule"] = nil
            flag["ramp"] = nil
            segments += flag.segments
            // A holdout belongs to its environment.
            if !flag.holdouts.allSatisfy({ holdouts[$0] != nil }) { flag["holdouts"] = nil }
            if flags[key]?.node != flag.node {
                changes.append(FlagSetChange(kind: .flag, name: key, old: flags[key]?.node, new: flag.node))
            }
        }
        var known: Set<String> = []
        while let name = segments.popLast() {
            guard known.insert(name).inserted, let rule = other.segments[name] else { continue }
            segments += Logic.references(in: rule)
            if self.segments[name] != rule {
                changes.append(FlagSetChange(kind: .segment, name: name, old: self.segments[name], new: rule))
            }
        }
        return changes
    }
}
