import Documents
import Values

extension ManagedFlag {
    /// What differs from an older state, a line or more a member; everything when there was none.
    ///
    /// Rules, ramps and schedules are told as people read them; other members as they were written.
    public func differences(from old: ManagedFlag?) -> [String] {
        guard let old else { return node.differences(from: Node(.mapping([]))) }
        var (before, after) = (old, self)
        for member in ["targeting", "ramp", "schedule"] {
            before[member] = nil
            after[member] = nil
        }
        return after.node.differences(from: before.node) + ruleDifferences(from: old) + rampDifferences(from: old)
            + scheduleDifferences(from: old)
    }

    private func ruleDifferences(from old: ManagedFlag) -> [String] {
        guard old["targeting"] != self["targeting"] else { return [] }
        let (before, after) = (old.targeting.lines, targeting.lines)
        var lines: [String] = []
        for (index, line) in before.enumerated() where !after.contains(line) {
            lines.append("rule \(index + 1) removed: \(line.clipped)")
        }
        for (index, line) in after.enumerated() where !before.contains(line) {
            lines.append("rule \(index + 1) added: \(line.clipped)")
        }
        let kept = (before.filter(after.contains), after.filter(before.contains))
        if kept.0 != kept.1 { lines.append("rules in another order: \(after.joined(separator: "; ").clipped)") }
        let (rest, newRest) = (old.targeting.restLine, targeting.restLine)
        if rest != newRest { lines.append("everybody else: \(rest.clipped) → \(newRest.clipped)") }
        if lines.isEmpty {
            // Written otherwise, and read the same.
            func part(_ flag: ManagedFlag) -> Node { .mapping([("targeting", flag["targeting"])]) }
            return part(self).differences(from: part(old))
        }
        return lines.map { "targeting: \($0)" }
    }

    private func rampDifferences(from old: ManagedFlag) -> [String] {
        switch (old.ramp, ramp) {
        case (nil, nil): return []
        case (nil, let new?): return ["ramp: begun: \(new.plan)"]
        case (let old?, nil): return ["ramp: ended at \(old.to) for \(old.share)"]
        case (let old?, let new?):
            if old.to != new.to || old.steps != new.steps { return ["ramp: \(old.plan) → \(new.plan)"] }
            guard old.step != new.step else { return [] }
            return ["ramp: step \(new.step) of \(new.steps.count): \(new.to) for \(old.share) → \(new.share)"]
        }
    }

    private func scheduleDifferences(from old: ManagedFlag) -> [String] {
        let (before, after) = (old.schedule, schedule)
        return before.filter { !after.contains($0) }.map { "schedule: removed \($0.words)" }
            + after.filter { !before.contains($0) }.map { "schedule: added \($0.words)" }
    }
}

extension Targeting {
    /// The rules as people read them.
    fileprivate var lines: [String] {
        rules.map { "\(FlagText.condition($0.condition)) → \(FlagText.outcome($0.outcome))" }
    }

    fileprivate var restLine: String { rest.map(FlagText.outcome) ?? "the default" }
}

extension FlagRamp {
    /// Its steps in words, for example `on for 5% at once, 50% after 1h`.
    public var plan: String {
        let steps = steps.map { "\($0.share) \($0.after == .zero ? "at once" : "after \($0.after)")" }
        return "\(to) for \(steps.joined(separator: ", "))"
    }
}

extension ManagedFlag.Scheduled {
    /// When and what, for example `2026-12-01T09:00:00.000Z: state ENABLED`.
    public var words: String {
        guard case .mapping(let entries) = set.value else { return "\(at)" }
        let members = entries.map { entry -> String in
            switch entry.value.value {
            case .string(let text): return "\(entry.key) \(text)"
            case .null: return "no \(entry.key)"
            default: break
            }
            if entry.key == "rollout", case .string(let to) = entry.value["to"]?.value,
                case .string(let share) = entry.value["share"]?.value
            {
                return "\(to) for \(share)"
            }
            return "\(entry.key) \(String(decoding: JSONWriter.write(entry.value), as: UTF8.self).clipped)"
        }
        return "\(at): \(members.joined(separator: ", "))"
    }
}

extension String {
    /// At most so much that a line of it can still be read.
    fileprivate var clipped: String { count > 200 ? "\(prefix(199))…" : self }
}
