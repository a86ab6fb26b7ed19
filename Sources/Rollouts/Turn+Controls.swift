import Specs
import Values

/// Hosts with the version before that are started anew beside the canary, so that both are equally cold.
extension Turn {
    var isControlled: Bool { plan.control == .restart && !isFirstDeployment }

    /// As many as the wave has canaries, of the same strata; half of those that serve run on as they are, and so does the last one.
    ///
    /// - Complexity: O(hosts).
    func dueControls(atMost room: Int) -> HostSet {
        guard isControlled, room > 0 else { return HostSet() }
        let members = plan.waves[state.wave].members
        var wanted: [String: Int] = [:]
        for host in members where state.released.contains(host) && !state.failed.contains(host) {
            wanted[observation.hosts[host].stratum, default: 0] += 1
        }
        for host in state.controls { wanted[observation.hosts[host].stratum, default: 0] -= 1 }
        var chosen = HostSet()
        var count = min(room, controlsLeft)
        for host in (0..<plan.hosts.count).reversed() where count > 0 {
            let stratum = observation.hosts[host].stratum
            guard isFree(host), !state.controls.contains(host), wanted[stratum, default: 0] > 0 else { continue }
            chosen.insert(host)
            wanted[stratum, default: 0] -= 1
            count -= 1
        }
        return chosen
    }

    /// How many more may be started anew.
    var controlsLeft: Int {
        guard isControlled else { return 0 }
        let all = (0..<plan.hosts.count).filter { isFree($0) || state.controls.contains($0) }.count
        return max(0, all / 2 - state.controls.count)
    }

    /// How many are on their way, and so out of service for all that is known.
    var controlsInMotion: Int { state.controls.filter { isControlInMotion($0) }.count }

    /// What was told just now is not in the reports yet.
    private var areControlsJustTold: Bool { state.controlledAt.map { now - $0 <= .seconds(1) } ?? false }

    /// Whether there is nothing more to wait for: a wave whose canary stands alone is compared with warmer hosts.
    var controlsStand: Bool {
        guard isControlled else { return true }
        let isMoving = state.controls.contains { isControlInMotion($0) && observation.hosts[$0].heard != .no }
        return !isMoving && dueControls(atMost: 1).isEmpty
    }

    private func isControlInMotion(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        guard seen.heard != .removed, !state.released.contains(host) else { return false }
        if areControlsJustTold { return true }
        return !(seen.heard == .yes && seen.running == .previous && seen.ready && !seen.changing && seen.knowsTarget)
    }

    /// Whether the host serves with the version before, and does so to the end of the wave.
    private func isFree(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        return !state.released.contains(host) && !plan.waves[state.wave].members.contains(host) && seen.heard == .yes
            && seen.running == .previous && seen.ready && !seen.changing
    }
}
