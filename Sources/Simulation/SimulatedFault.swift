/// A defect of a driver or of the machine, put into a simulated service to show that its promises can be seen to break.
public enum SimulatedFault: String, CaseIterable, Sendable {
    /// Hosts are told before the state is stored, from which it follows.
    case actsBeforePersisting
    /// A host is told a version that is neither the rollout's nor the one before.
    case sendsAThirdVersion
    /// Everyone in a wave moves at once.
    case ignoresMaxUnavailable
    /// Hosts of the second wave get the version with the first.
    case exceedsTheShare
    /// Everyone goes back at once.
    case ignoresTheRollbacksLimit
    /// A rollback ends while a host still has the version.
    case leavesAHostBehind
    /// A state is stored without the events that led to it.
    case losesAnEvent
}
