import Specs
import Values

extension Turn {
    /// Notes which hosts have the new version and are not ready any more, while the wave bakes or is watched. One that stays so for
    /// longer than the wave's deadline has failed.
    mutating func recordReadiness() {
        guard state.phase == .baking || state.phase == .watching, !isFirstDeployment else { return }
        let unready = HostSet(state.released.filter(isUnready))
        if unready != state.unready, state.isSettled(RolloutState.readiness, at: now) { emit(.unready(hosts: unready)) }
        let deadline = plan.waves[state.wave].spec.progressDeadline
        guard let since = state.unreadySince, now - since > deadline, state.pause == nil, !isPromoted else { return }
        for host in unready where host < plan.planned && state.unready.contains(host) {
            emit(.hostFailed(host: host, reason: "not ready any more, for \(deadline)"))
        }
    }

    /// The agent has asked several times before it says so: a host does not lose its readiness for one slow answer.
    private func isUnready(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        return seen.heard == .yes && seen.running == .new && !seen.ready && !seen.changing
            && !state.failed.contains(host)
    }
}
