public import Specs

extension WaveOrder {
    /// What the waves leave to compare with, where that is too little: sentences for people.
    ///
    /// - Parameter compares: Whether checks hold the canary against a baseline; without any, nothing is missed.
    public func baselineWarnings(_ plan: PlanSpec, compares: Bool) -> [String] {
        guard compares, let first = waves.first(where: { !$0.members.isEmpty }) else { return [] }
        let name = first.spec.name
        if first.members.count == hosts.count, plan.holdout(of: hosts.count) == 0 {
            guard hosts.count > 1 else {
                return ["with one host there is no baseline: its checks stay undecided, and only bake times pass"]
            }
            return [
                "plan.waves: wave \(name) is the first and has all \(hosts.count) hosts, so there is no baseline to compare "
                    + "with; begin with a smaller wave, or keep hosts back with holdout: 1"
            ]
        }
        let left = hosts.count - first.members.count
        if plan.control == .restart, left < first.members.count {
            return [
                "plan.control: wave \(name) changes \(first.members.count) of \(hosts.count) hosts and leaves \(left): too few "
                    + "to start as many anew beside them; begin with at most \(max(1, hosts.count / 2))"
            ]
        }
        return []
    }
}
