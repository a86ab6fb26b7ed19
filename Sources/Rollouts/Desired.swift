import Values

/// Which version a host should run, as far as one rollout is concerned.
public enum RolloutTarget: Hashable, Sendable {
    case new
    case previous
}

extension RolloutState {
    /// The desired state as a function: what the host at this place of the plan should run.
    ///
    /// - Complexity: O(1).
    public func target(host: Int) -> RolloutTarget {
        switch phase {
        case .queued, .waiting, .moving, .baking, .watching: return released.contains(host) ? .new : .previous
        case .done: return .new
        case .rollingBack: return released.contains(host) && !returned.contains(host) ? .new : .previous
        case .rolledBack, .cancelled: return .previous
        }
    }

    /// A number that rises from wave to wave while the host is to be started anew with the version before; else `nil`.
    ///
    /// - Complexity: O(1).
    public func restart(host: Int) -> Int64? {
        let isUnderWay = phase == .moving || phase == .baking
        guard isUnderWay, controls.contains(host), !released.contains(host) else { return nil }
        return waveSince?.milliseconds
    }

    /// What a host that is not in the plan should run. One that joins during the watch has nothing to lose, and gets its place
    /// in the plan with the next look.
    public var targetForNewcomers: RolloutTarget {
        switch phase {
        case .watching, .done: return .new
        case .queued, .waiting, .moving, .baking, .rollingBack, .rolledBack, .cancelled: return .previous
        }
    }
}

extension RolloutMachine {
    /// The version that a host should run while this rollout is in flight; `nil` when nothing should run.
    ///
    /// - Parameter place: The host's place in the plan; `nil` for one that is not in it.
    public func version(at place: Int?) -> String? {
        let target = place.map(state.target(host:)) ?? state.targetForNewcomers
        return target == .new ? plan.version : plan.previous
    }
}
