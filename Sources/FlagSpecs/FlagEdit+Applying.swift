public import Documents
public import Values

/// Why an edit cannot be made.
public struct FlagEditProblem: Error, Hashable, Sendable {
    public var message: String
    public var hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension FlagEdit {
    /// The flag after this edit; `nil` when it is deleted.
    ///
    /// - Parameters:
    ///   - flag: as it is; `nil` when there is none, which only `put` makes up for.
    ///   - parse: reads JSON or YAML; `what` names it in messages.
    public func applied(
        to flag: ManagedFlag?, key: String, now: Timestamp,
        parse: (_ text: String, _ what: String) throws(FlagEditProblem) -> Node
    ) throws(FlagEditProblem) -> ManagedFlag? {
        if action == .put {
            guard let document else { throw FlagEditProblem("put needs the flag in 'document'") }
            return ManagedFlag(key: key, node: try parse(document, "the flag"))
        }
        guard var flag else {
            throw FlagEditProblem("there is no flag '\(key)'", hint: "make it with: halcyon flag set \(key) …")
        }
        if flag.isArchived, ![.unarchive, .delete, .describe, .archive].contains(action) {
            throw FlagEditProblem("the flag '\(key)' is archived", hint: "halcyon flag archive --undo \(key)")
        }
        switch action {
        case .put: break
        case .delete: return nil
        case .on: flag["state"] = .string("ENABLED")
        case .off: flag["state"] = .string("DISABLED")
        case .archive: flag["archived"] = .bool(true)
        case .unarchive: flag["archived"] = nil
        case .defaultVariant:
            flag["defaultVariant"] = try variant.map { (name) throws(FlagEditProblem) in
                .string(try flag.variant(name))
            }
        case .targeting:
            flag["targeting"] = try document.map { (text) throws(FlagEditProblem) in
                try parse(text, "the targeting")
            }
        case .target: try addRule(to: &flag, parse)
        case .untarget: try removeRule(of: &flag)
        case .rollout: try rollOut(&flag)
        case .schedule: try addScheduled(to: &flag, now: now, parse)
        case .unschedule: try removeScheduled(of: &flag)
        case .ramp: try ramp(&flag, now: now)
        case .endRamp: try endRamp(&flag)
        case .describe: describe(&flag)
        }
        return flag
    }

    private func addRule(
        to flag: inout ManagedFlag, _ parse: (String, String) throws(FlagEditProblem) -> Node
    ) throws(FlagEditProblem) {
        guard let when, let variant else { throw FlagEditProblem("a rule needs 'when' and 'variant'") }
        let rule = Targeting.Rule(
            condition: try parse(when, "the condition"), outcome: .string(try flag.variant(variant)))
        var targeting = flag.targeting
        let place = index ?? targeting.rules.count + 1
        guard (1...targeting.rules.count + 1).contains(place) else {
            throw FlagEditProblem("there is no place \(place): the flag has \(targeting.rules.count) rules")
        }
        targeting.rules.insert(rule, at: place - 1)
        flag["targeting"] = targeting.node
    }

    private func removeRule(of flag: inout ManagedFlag) throws(FlagEditProblem) {
        var targeting = flag.targeting
        guard let index, index > 0, index <= targeting.rules.count else {
            throw FlagEditProblem(
                "there is no rule \(index.map(String.init) ?? "without a number"): the flag has \(targeting.rules.count)",
                hint: "halcyon flag get \(flag.key) lists them")
        }
        targeting.rules.remove(at: index - 1)
        flag["targeting"] = targeting.node
    }

    private func rollOut(_ flag: inout ManagedFlag) throws(FlagEditProblem) {
        if let present = flag.targeting.rest, !FlagEdit.isReplaceable(present) {
            throw FlagEditProblem(
                "everybody without a rule gets the result of an expression, which a share would replace",
                hint: "make it a rule with: halcyon flag target, or write the targeting yourself")
        }
        // Two things that set the same share would take turns.
        defer { flag["ramp"] = nil }
        if let shares {
            guard variant == nil, share == nil, rest == nil else {
                throw FlagEditProblem("a rollout has either 'shares', or 'variant' and 'share'")
            }
            flag["targeting"] = try flag.distributed(shares)
            return
        }
        guard let variant, let share = try self.share.map(FlagEdit.percentage) else {
            throw FlagEditProblem("a rollout needs 'variant' and 'share'", hint: "for example 20%")
        }
        if let rest { _ = try flag.variant(rest) }
        flag["targeting"] = flag.rolledOut(to: try flag.variant(variant), share: share, rest: rest).node
    }

    /// A plain variant, or a distribution.
    private static func isReplaceable(_ node: Node) -> Bool {
        guard let (name, _) = Logic.operation(of: node) else { return true }
        return name == "fractional"
    }

    private static func percentage(_ text: String) throws(FlagEditProblem) -> Percentage {
        guard let share = Percentage(text), share.percent <= 100 else {
            throw FlagEditProblem("'\(text)' is not a share", hint: "write it as 20%, from 0% through 100%")
        }
        return share
    }

    private func addScheduled(
        to flag: inout ManagedFlag, now: Timestamp, _ parse: (String, String) throws(FlagEditProblem) -> Node
    ) throws(FlagEditProblem) {
        guard let at, let document else { throw FlagEditProblem("a scheduled change needs 'at' and 'document'") }
        guard let time = Timestamp(at) else {
            throw FlagEditProblem("'\(at)' is not a time", hint: "for example 2026-12-01T09:00:00Z")
        }
        guard time > now else {
            throw FlagEditProblem(
                "\(at) has passed: it is \(now)", hint: "make the change itself, or choose a later time")
        }
        var items: [Node] = []
        if case .sequence(let present) = flag["schedule"]?.value { items = present }
        items.append(.mapping([("at", .string(at)), ("set", try parse(document, "the members to set"))]))
        flag["schedule"] = .sequence(items)
    }

    private func removeScheduled(of flag: inout ManagedFlag) throws(FlagEditProblem) {
        guard case .sequence(var items) = flag["schedule"]?.value, let index else {
            flag["schedule"] = nil
            return
        }
        guard index > 0, index <= items.count else {
            throw FlagEditProblem("there is no scheduled change \(index): the flag has \(items.count)")
        }
        items.remove(at: index - 1)
        flag["schedule"] = items.isEmpty ? nil : .sequence(items)
    }

    private func ramp(_ flag: inout ManagedFlag, now: Timestamp) throws(FlagEditProblem) {
        guard let variant, let steps, !steps.isEmpty else {
            throw FlagEditProblem("a ramp needs 'variant' and 'steps'", hint: "for example 5% after 0s, 50% after 1h")
        }
        var ramp: [Node] = []
        for step in steps {
            _ = try FlagEdit.percentage(step.share)
            guard Period(step.after) != nil else {
                throw FlagEditProblem("'\(step.after)' is not a duration", hint: "for example 30m, 4h or 1d")
            }
            ramp.append(.mapping([("share", .string(step.share)), ("after", .string(step.after))]))
        }
        flag["ramp"] = .mapping([("to", .string(try flag.variant(variant))), ("steps", .sequence(ramp))])
        flag.begin(at: now)
    }

    private func endRamp(_ flag: inout ManagedFlag) throws(FlagEditProblem) {
        guard let ramp = flag.ramp else { throw FlagEditProblem("the flag '\(flag.key)' has no ramp") }
        if keep == true, ramp.share.percent > 0 {
            var targeting = flag.targeting
            let others = targeting.rest ?? flag.defaultVariant.map(Node.string) ?? Logic.null
            targeting.rest = Logic.split(.string(ramp.to), share: ramp.share.percent, others)
            flag["targeting"] = targeting.node
        }
        flag["ramp"] = nil
    }

    private func describe(_ flag: inout ManagedFlag) {
        let texts = [("description", description), ("owner", owner), ("expires", expires), ("bucketBy", bucketBy)]
        for case (let member, let text?) in texts { flag[member] = text.isEmpty ? nil : .string(text) }
        if let tags { flag["tags"] = tags.isEmpty ? nil : .sequence(tags.map(Node.string)) }
    }
}

extension ManagedFlag {
    /// The name of one of its variants, or a problem with the nearest one.
    func variant(_ name: String) throws(FlagEditProblem) -> String {
        let names = variants.map(\.name)
        if names.contains(name) { return name }
        throw FlagEditProblem(
            "the flag '\(key)' has no variant '\(name)'",
            hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "its variants are \(listed(names))")
    }
}
