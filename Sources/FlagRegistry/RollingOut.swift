import Documents
import FlagSpecs
public import Ports
import Specs
import Synchronization
import Values
public import Wire

/// The flags' side of a rollout. What a rollout makes of a flag is never stored with it: it is asked for whenever a set is compiled.
extension FlagRegistry {
    public func flagToRollOut(
        _ key: String, environment: String, to variant: String
    ) throws(Problem) -> FlagToRollOut {
        let state = try state(environment)
        if let trouble = state.trouble.first {
            throw Problem(.unavailable, "the environment \(environment) is not served: \(trouble)")
        }
        guard let item = state.flags[key] else {
            throw Problem.unknown("flag", key, among: Array(state.flags.keys))
        }
        try refuseOwned(item.record, "flag \(key)", in: environment)
        let flag = item.value
        let from: String
        do throws(FlagEditProblem) {
            from = try flag.replaced(by: variant)
        } catch {
            throw Problem(.refused, error.message, hint: error.hint)
        }
        let log = IssueLog(file: "")
        let checks = flag.rolloutChecks(path: .key(key, of: .key("flags", of: .root)), log: log)
        guard !log.hasErrors else {
            throw Problem(
                .invalid, "the checks of the flag \(key) are wrong",
                places: log.issues.errors.map { Problem.Place($0, in: environment) })
        }
        return FlagToRollOut(
            from: from, plan: flag.rolloutPlan, checks: checks, variantLabel: flag.variantLabel,
            services: flag.rolloutServices, approvals: state.spec.approvals)
    }

    public func standing(of key: String, environment: String) -> FlagStanding? {
        memory.withLock { memory in
            guard let state = memory.environments[environment], state.trouble.isEmpty,
                let flag = state.flags[key]?.value
            else { return nil }
            return FlagStanding(
                overlay: state.overlays[key], common: flag.commonVariant,
                isAnswering: flag.isEnabled && !flag.isArchived, variants: flag.variants.map(\.name))
        }
    }

    public func followRollouts() async throws(Problem) {
        // Nobody waits for the lane when there is nothing to follow.
        let overlays = rollouts?.overlays ?? []
        guard environments.values.contains(where: { $0.overlays != $0.own(overlays) }) else { return }
        try await change(by: FlagRegistry.system) { (_) throws(Problem) in }
    }

    public func settle(
        _ key: String, environment: String, replacing replaced: String, by variant: String, reason: String,
        commit: @escaping @Sendable (JournalEntry) async throws(Problem) -> Revision
    ) async throws(Problem) {
        try await change(by: FlagRegistry.system, reason: reason, commit: commit) { (draft) throws(Problem) in
            guard let item = draft.environments[environment]?.flags[key], item.value.commonVariant == replaced else {
                return
            }
            draft.isSettling = true
            defer { draft.isSettling = false }
            try draft.set(
                .flag, key, in: environment, to: item.value.settled(on: variant).node, action: "rollout",
                file: item.record.file)
        }
    }
}

extension EnvironmentState {
    /// Those of these that are about flags of this environment.
    func own(_ overlays: [FlagOverlay]) -> [String: FlagOverlay] {
        Dictionary(overlays.filter { $0.environment == name }.map { ($0.key, $0) }) { first, _ in first }
    }

    mutating func follow(_ overlays: [FlagOverlay]) { self.overlays = own(overlays) }

    /// What callers get, with a rollout's say in it.
    func summary(of flag: ManagedFlag) -> String {
        guard let overlay = overlays[flag.key] else { return flag.summary }
        return "\(overlay.to) for \(overlay.share), rolled out by \(overlay.rollout); before it: \(flag.summary)"
    }

    /// What was measured of flags and variants that there are; names that anybody makes up would be kept for long.
    func known(_ measures: SDKMeasures) -> SDKMeasures {
        var known = measures
        known.flags.removeAll { measured in
            guard let flag = flags[measured.flag]?.value else { return true }
            return !flag.variants.contains { $0.name == measured.variant }
        }
        known.exposures.removeAll { flags[$0.flag] == nil }
        return known
    }
}

extension FlagDraft {
    /// What rollouts make of flags now; environments where that is new are compiled anew.
    mutating func follow(_ overlays: [FlagOverlay]) {
        // Looked at first: whoever changes one makes a copy of all its flags.
        for (name, state) in environments where state.own(overlays) != state.overlays {
            environments[name]?.follow(overlays)
            touch(name)
        }
    }

    /// A flag that is being rolled out answers as its rollout says. It may be taken out of service, which ends the rollout, and
    /// described; everything else waits.
    func refuseWhileRolledOut(_ key: String, in name: String, from old: Node?, to new: Node?) throws(Problem) {
        guard !isSettling, let overlay = environments[name]?.overlays[key], let new else { return }
        let flag = ManagedFlag(key: key, node: new)
        if !flag.isEnabled || flag.isArchived { return }
        if let old, flag.answers(like: ManagedFlag(key: key, node: old)) { return }
        throw Problem(
            .conflict,
            "the flag \(key) is being rolled out to '\(overlay.to)' by \(overlay.rollout), for \(overlay.share) so far",
            hint: "wait for its end, or end it: halcyon rollout rollback \(overlay.rollout)")
    }
}

extension ManagedFlag {
    /// The checks that the flag brings for its rollouts; `nil` when it names none.
    func rolloutChecks(path: FieldPath, log: IssueLog) -> [CheckSpec]? {
        guard let node = rolloutMember?["checks"] else { return nil }
        let cursor = Cursor(node, path: .key("checks", of: .key("rollout", of: path)), log: log)
        let checks = cursor.items("a list of checks")?.compactMap(CheckSpec.init(reading:)) ?? []
        var names: Set<String> = []
        for check in checks where !names.insert(check.name).inserted {
            cursor.report("two checks are named '\(check.name)'", hint: "each has a name of its own")
        }
        return checks
    }
}
