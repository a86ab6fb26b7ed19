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
        case .queued, .waiting, .moving, .baking: return released.contains(host) ? .new : .previous
        case .watching, .done: return .new
        case .rollingBack: return released.contains(host) && !returned.contains(host) ? .new : .previous
        case .rolledBack, .cancelled: return .previous
        }
    }

    /// What a host that joined after the plan was made should run.
    public var targetForNewcomers: RolloutTarget {
        switch phase {
        case .watching, .done: return .new
        case .queued, .waiting, .moving, .baking, .rollingBack, .rolledBack, .cancelled: return .previous
        }
    }
}
