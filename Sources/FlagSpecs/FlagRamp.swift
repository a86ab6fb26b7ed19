import Documents
public import Values

/// A share that rises by itself.
public struct FlagRamp: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var share: Percentage
        /// Since the step before it, or since the ramp began.
        public var after: Period
    }

    public var to: String
    public var steps: [Step]
    /// `nil` before it has begun.
    public var startedAt: Timestamp?
    /// How many steps have been taken.
    public var step: Int

    public var isOver: Bool { step >= steps.count }

    /// What gets the variant now.
    public var share: Percentage { step > 0 ? steps[min(step, steps.count) - 1].share : Percentage(0) }

    /// When the next step is due; `nil` when there is none, or it has not begun.
    public var nextAt: Timestamp? {
        guard let startedAt, !isOver else { return nil }
        return steps.prefix(step + 1).reduce(startedAt) { $0 + $1.after }
    }

    /// No step takes longer: times far beyond that cannot be told any more.
    static let longestStep = Period.hours(24 * 3650)

    /// `nil` as well when a step cannot be read, which shall not be taken for one without a wait, or when it has taken more
    /// steps than it has, which no ramp comes to by itself.
    init?(_ node: Node?) {
        guard let node, case .string(let to) = node["to"]?.value, case .sequence(let items) = node["steps"]?.value
        else { return nil }
        self.to = to
        var steps: [Step] = []
        for item in items {
            guard case .string(let share) = item["share"]?.value, let share = Percentage(share) else { return nil }
            var after = Period.zero
            if let wait = item["after"] {
                guard case .string(let text) = wait.value, let period = Period(text), period <= FlagRamp.longestStep
                else {
                    return nil
                }
                after = period
            }
            steps.append(Step(share: share, after: after))
        }
        self.steps = steps
        if case .string(let text) = node["startedAt"]?.value { startedAt = Timestamp(text) }
        guard let step = node["step"] == nil ? 0 : node["step"]?.wholeNumber, (0...steps.count).contains(step) else {
            return nil
        }
        self.step = step
    }

    var node: Node {
        .mapping([
            ("to", .string(to)),
            (
                "steps",
                .sequence(
                    steps.map {
                        .mapping([("share", .string($0.share.description)), ("after", .string($0.after.description))])
                    })
            ),
            ("startedAt", startedAt.map { .string($0.description) }),
            ("step", .integer(step)),
        ])
    }
}

extension ManagedFlag {
    public var ramp: FlagRamp? { FlagRamp(self["ramp"]) }

    /// When its schedule or its ramp changes it next.
    public var nextChangeAt: Timestamp? {
        guard !isArchived else { return nil }
        return [schedule.first?.at, ramp?.nextAt].compactMap { $0 }.min()
    }

    /// A ramp that has not begun begins at `now`.
    public mutating func begin(at now: Timestamp) {
        guard var ramp, ramp.startedAt == nil else { return }
        ramp.startedAt = now
        self["ramp"] = ramp.node
    }

    /// The flag as it comes from its author again: a ramp that runs already goes on, and what is due is made.
    public func resumed(from old: ManagedFlag?, at now: Timestamp) -> ManagedFlag {
        var flag = self
        if var ramp = flag.ramp, ramp.startedAt == nil, let running = old?.ramp, running.to == ramp.to,
            running.steps == ramp.steps
        {
            ramp.startedAt = running.startedAt
            ramp.step = running.step
            flag["ramp"] = ramp.node
        }
        flag.begin(at: now)
        _ = flag.advance(to: now)
        return flag
    }

    /// Takes away what is due and cannot be made.
    public mutating func dropDue(at now: Timestamp) {
        if let next = ramp?.nextAt, next <= now { self["ramp"] = nil }
        guard case .sequence(let items) = self["schedule"]?.value else { return }
        let later = items.filter { item in Self.time(of: item).map { $0 > now } ?? false }
        self["schedule"] = later.isEmpty ? nil : .sequence(later)
    }

    /// What is due at `now`, done in the order of its times: scheduled changes, and steps of the ramp.
    ///
    /// - Returns: What happened, for the history; empty when nothing is due.
    public mutating func advance(to now: Timestamp) -> [String] {
        var done: [String] = []
        begin(at: now)
        // Each turn takes one scheduled change or one step away.
        while let due = nextChangeAt, due <= now {
            if let next = schedule.first, next.at == due {
                done.append("the change scheduled for \(due)")
                perform(next)
                begin(at: due)
            } else if var ramp {
                ramp.step += 1
                done.append("the ramp's step \(ramp.step) of \(ramp.steps.count): \(ramp.to) for \(ramp.share)")
                self["ramp"] = ramp.node
            }
        }
        return done
    }

    private mutating func perform(_ change: Scheduled) {
        if case .sequence(var items) = self["schedule"]?.value {
            if let index = items.firstIndex(where: { Self.time(of: $0) == change.at }) { items.remove(at: index) }
            self["schedule"] = items.isEmpty ? nil : .sequence(items)
        }
        guard case .mapping(let members) = change.set.value else { return }
        for member in members {
            if member.key == "rollout" {
                apply(rollout: member.value)
            } else {
                self[member.key] = member.value.value == .null ? nil : member.value
            }
        }
    }

    private static func time(of item: Node) -> Timestamp? {
        if case .string(let text) = item["at"]?.value { Timestamp(text) } else { nil }
    }

    private mutating func apply(rollout node: Node) {
        guard case .string(let to) = node["to"]?.value, case .string(let text) = node["share"]?.value,
            let share = Percentage(text)
        else { return }
        var rest: String?
        if case .string(let name) = node["rest"]?.value { rest = name }
        self["targeting"] = rolledOut(to: to, share: share, rest: rest).node
    }

    /// The targeting whose rules stay, and in which everybody else gets `to` with the given share.
    func rolledOut(to: String, share: Percentage, rest: String?) -> Targeting {
        var targeting = targeting
        let others = rest ?? (defaultVariant == to ? variants.first { $0.name != to }?.name : defaultVariant)
        targeting.rest = Logic.split(.string(to), share: share.percent, others.map(Node.string) ?? Logic.null)
        // Whom nothing answers has the default already.
        if share.percent <= 0, others == defaultVariant { targeting.rest = nil }
        return targeting
    }
}
