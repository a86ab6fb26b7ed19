public import Specs
public import Values

/// The targeting keys of a flag cut into slices, one for each wave of a plan.
public struct FlagSlices: Hashable, Sendable {
    /// For people, for example `1–5%`: the plan's hosts.
    public var names: [String] = []
    /// Up to which share of the keys each slice reaches.
    public var shares: [Percentage] = []
    public var waves: [PlannedWave] = []

    /// - Throws: `PlanError` when a wave is no share of keys, or they do not rise to 100%.
    public init(_ plan: PlanSpec) throws(PlanError) {
        var reached = 0.0
        for (index, spec) in FlagSlices.keepingSome(plan).enumerated() {
            let path = "plan.waves[\(index)]"
            guard case .percent(let percent) = spec.hosts else {
                throw PlanError(
                    path: "\(path).hosts",
                    message:
                        "wave \(spec.name) names \(spec.hosts) hosts; a flag's waves are shares of its targeting keys, for "
                        + "example hosts: 5%")
            }
            guard spec.select.isEmpty else {
                throw PlanError(
                    path: "\(path).select",
                    message: "wave \(spec.name) selects hosts; a flag's waves are shares of its keys")
            }
            guard percent > reached else {
                throw PlanError(
                    path: "\(path).hosts",
                    message:
                        "wave \(spec.name) brings nobody in: \(Percentage(reached)) have the variant before it already")
            }
            var spec = spec
            // One revision of the flag changes for all keys of a slice at once.
            (spec.maxUnavailable, spec.failureBudget) = (.percent(100), .count(0))
            waves.append(PlannedWave(spec: spec, members: names.count..<names.count + 1))
            names.append("\(FlagSlices.number(reached))–\(Percentage(percent))")
            shares.append(Percentage(percent))
            reached = percent
        }
        guard reached == 100 else {
            throw PlanError(
                path: "plan.waves",
                message:
                    "the waves reach \(Percentage(reached)) of the targeting keys; add a last wave with hosts: 100%")
        }
    }

    /// The plan's waves; the last one without the keys that keep the variant before until its bake has ended, so that there is
    /// something to compare with. They follow in a wave of their own.
    private static func keepingSome(_ plan: PlanSpec) -> [WaveSpec] {
        guard case .percent(let kept) = plan.holdout, kept > 0, let last = plan.waves.last, last.hosts == .percent(100),
            last.bake != .zero
        else { return plan.waves }
        let reached = plan.waves.dropLast().last.map { $0.hosts } ?? .percent(0)
        guard case .percent(let before) = reached, 100 - kept > before else { return plan.waves }
        var most = last
        most.hosts = .percent(100 - kept)
        return plan.waves.dropLast() + [most, WaveSpec(name: WaveOrder.holdoutName, hosts: .percent(100), bake: .zero)]
    }

    private static func number(_ percent: Double) -> String { String("\(Percentage(percent))".dropLast()) }
}

extension PlanSpec {
    /// The name of the plan that flags are rolled out by unless another one is named.
    public static let guardedName = "guarded"

    /// 1%, 5%, 25% and all of the targeting keys. A plan document of its name takes its place.
    public static let guarded = PlanSpec(
        waves: [
            WaveSpec(name: "first", hosts: .percent(1), bake: .minutes(5)),
            WaveSpec(name: "few", hosts: .percent(5), bake: .minutes(5)),
            WaveSpec(name: "quarter", hosts: .percent(25), bake: .minutes(5)),
            WaveSpec(name: "all", hosts: .percent(100), bake: .minutes(5)),
        ])
}
