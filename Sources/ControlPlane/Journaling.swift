public import Ports
import Synchronization
public import Wire

/// Other drivers commit through the control plane, which keeps the audit trail.
extension ControlPlane: Journal {
    public func commit(_ entry: JournalEntry, by principal: Principal) async throws(Problem) -> Revision {
        try await changeNoting { (draft) throws(Problem) in draft.attach(entry, by: principal.name) }.revision
    }

    /// From now on, the documents of flags are applied by this driver.
    public func connect(flags driver: any FlagApplication) {
        flags.withLock { $0 = driver }
    }
}
