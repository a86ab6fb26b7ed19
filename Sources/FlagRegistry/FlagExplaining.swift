import Documents
import FlagSpecs
import Flags
import Values
import Wire

/// Says why a managed flag answers as it does, in the words of its author: what is served of it is plain targeting.
struct FlagExplaining {
    let state: EnvironmentState
    /// A JSON object that was found to be one.
    let context: [UInt8]
    let now: Timestamp

    struct Explained {
        var rule: Int?
        var bucket: FlagBucketView?
        var lines: [String]
    }

    /// - Parameter served: why the flag that is served answers so.
    func explain(_ flag: ManagedFlag, _ served: FlagExplanation) -> Explained {
        var known: Set<String> = [flag.key]
        return explain(flag, served, &known)
    }

    /// - Parameter known: the flags that are explained already: many may need the same one.
    private func explain(_ flag: ManagedFlag, _ served: FlagExplanation, _ known: inout Set<String>) -> Explained {
        guard flag.isEnabled, served.resolution.error == nil else { return explained(served) }
        let guards = state.set.guards(of: flag)
        guard !guards.isEmpty else { return explained(served) }
        var lines: [String] = []
        for entry in guards {
            let keepsOut = answers(entry.rule, "out")
            lines += describe(entry, of: flag, keepsOut: keepsOut, &known)
            guard keepsOut else { continue }
            let answer = served.variant.map { "answers '\($0)'" } ?? "leaves callers their own default"
            lines.append("    → \(outcome(entry))")
            lines.append("  · its own rules: not looked at any more")
            return Explained(lines: ["\(flag.key) \(answer): \(reason(entry))."] + lines)
        }
        let own = self.own(flag) ?? served
        var result = explained(own)
        result.lines = Array(result.lines.prefix(1)) + lines + result.lines.dropFirst()
        return result
    }

    private func explained(_ explanation: FlagExplanation) -> Explained {
        Explained(
            rule: explanation.rule,
            bucket: explanation.bucket.map { FlagBucketView(number: $0.number, total: $0.total, key: $0.key) },
            lines: explanation.text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init))
    }

    // MARK: What keeps callers out

    private func describe(
        _ entry: FlagGuard, of flag: ManagedFlag, keepsOut: Bool, _ known: inout Set<String>
    ) -> [String] {
        let mark = keepsOut ? "✓" : "✗"
        switch entry.subject {
        case .holdout(let holdout):
            let place = bucket(of: entry, by: holdout.bucketBy)
            return ["  \(mark) held out by '\(holdout.name)', \(holdout.share) by \(holdout.bucketBy); \(place)"]
        case .layer(let layer):
            let place = bucket(of: entry, by: flag.bucketBy ?? "targetingKey")
            return [
                "  \(mark) outside of its slots \(layer.from)–\(layer.to - 1) in the layer '\(layer.name)'; \(place)"
            ]
        case .prerequisite(let prerequisite):
            let names = prerequisite.variants.map { "'\($0)'" }.joined(separator: " or ")
            let inner = other(prerequisite.flag, &known)
            return ["  \(mark) \(prerequisite.flag) does not give \(names):"] + inner.map { "    \($0)" }
        }
    }

    private func reason(_ entry: FlagGuard) -> String {
        switch entry.subject {
        case .holdout(let holdout): "it is held out by '\(holdout.name)'"
        case .layer(let layer): "the key is outside of its slots in the layer '\(layer.name)'"
        case .prerequisite(let prerequisite):
            "it needs \(prerequisite.flag) to give \(prerequisite.variants.map { "'\($0)'" }.joined(separator: " or "))"
        }
    }

    private func outcome(_ entry: FlagGuard) -> String {
        if case .string(let name) = entry.outcome.value { return "answers '\(name)'" }
        return "the default counts"
    }

    private func bucket(of entry: FlagGuard, by attribute: String) -> String {
        guard isSet(attribute), let spread = entry.spread, let bucket = evaluate(spread)?.bucket
        else { return "\(attribute) is not set" }
        return "bucket \(bucket.number) of \(bucket.total)"
    }

    private func isSet(_ attribute: String) -> Bool {
        let rule = Node.mapping([
            ("if", .sequence([.mapping([("var", .string(attribute))]), .string("in"), .string("out")]))
        ])
        return answers(rule, "in")
    }

    /// Why another flag, which this one needs, answers as it does.
    private func other(_ key: String, _ known: inout Set<String>) -> [String] {
        guard known.insert(key).inserted else { return ["\(key) is explained above."] }
        guard let flag = state.flags[key]?.value, let index = state.snapshot.index(of: key) else { return [] }
        return answer(state.snapshot, index).map { explain(flag, $0, &known).lines } ?? []
    }

    // MARK: Parts

    /// The flag's own rules, without what keeps callers from them.
    private func own(_ flag: ManagedFlag) -> FlagExplanation? {
        let set = state.set.withoutGuards(flag).lowered().node
        guard let snapshot = compile(set), let index = snapshot.index(of: flag.key) else { return nil }
        return answer(snapshot, index)
    }

    private func answers(_ targeting: Node, _ variant: String) -> Bool { evaluate(targeting)?.variant == variant }

    /// What a rule that gives `in` or `out` answers here.
    private func evaluate(_ targeting: Node) -> FlagExplanation? {
        let flag = Node.mapping([
            ("state", .string("ENABLED")),
            ("variants", .mapping([("in", .string("in")), ("out", .string("out"))])), ("targeting", targeting),
        ])
        let set = Node.mapping([
            ("flags", .mapping([("part", flag)])), ("$evaluators", state.lowered.node["$evaluators"]),
        ])
        guard let snapshot = compile(set), let index = snapshot.index(of: "part") else { return nil }
        return answer(snapshot, index)
    }

    private func answer(_ snapshot: FlagSnapshot, _ flag: Int32) -> FlagExplanation? {
        try? snapshot.explain(flag, json: context, at: now)
    }

    private func compile(_ set: Node) -> FlagSnapshot? {
        let bucketing = Bucketing(rawValue: state.spec.bucketing.rawValue) ?? .v3
        return FlagSnapshot.compile(set, file: "", bucketing: bucketing).snapshot
    }
}
