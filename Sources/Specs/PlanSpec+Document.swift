public import Documents
import Values

extension PlanSpec: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(PlanSpec.keys, "a plan") else { return nil }
        self.init(reading: fields)
    }

    fileprivate static let keys = [
        "falseRollbacks", "waves", "watch", "rollback", "onLostHosts", "control", "holdout", "withoutBaseline",
    ]

    fileprivate init(reading fields: Fields) {
        self.init()
        if let cursor = fields["falseRollbacks"], let share = cursor.percentage() {
            falseRollbacks = share
            if share.percent <= 0 || share.percent >= 50 {
                cursor.report("\(share) is out of range: more than 0%, less than 50%", hint: falseRollbacksHint(share))
            }
        }
        if let cursor = fields["waves"], let items = cursor.items("a list of waves") {
            waves = items.compactMap(WaveSpec.init(reading:))
            if items.isEmpty {
                cursor.report("a plan without waves", hint: "remove 'waves' for the usual three: 1 host, 10%, 100%")
            }
        }
        watch = fields["watch"]?.period() ?? watch
        rollback = fields["rollback"].flatMap(RollbackSpec.init(reading:)) ?? rollback
        onLostHosts = fields["onLostHosts"]?.choice() ?? onLostHosts
        control = fields["control"]?.choice() ?? control
        holdout = fields["holdout"]?.amount() ?? holdout
        withoutBaseline = fields["withoutBaseline"]?.choice() ?? withoutBaseline
    }

    public var documentNode: Node { .mapping(entries) }

    fileprivate var entries: [(key: String, value: Node?)] {
        [
            ("falseRollbacks", falseRollbacks.documentNode),
            ("waves", .sequence(waves.map(\.documentNode))),
            ("watch", watch.documentNode),
            ("rollback", rollback.documentNode),
            ("onLostHosts", .string(onLostHosts.rawValue)),
            ("control", .string(control.rawValue)),
            ("holdout", holdout.documentNode),
            ("withoutBaseline", .string(withoutBaseline.rawValue)),
        ]
    }
}

extension NamedPlanSpec: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["kind", "name"] + PlanSpec.keys, "a plan") else { return nil }
        guard let name = fields.required("name", like: "careful")?.name(of: "plan") else { return nil }
        self.init(name: name, plan: PlanSpec(reading: fields))
    }

    public var documentNode: Node { .mapping([(key: "name", value: .string(name))] + plan.entries) }
}

extension RollbackSpec: DocumentForm {
    private enum Goal: String, CaseIterable { case previous }

    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["to", "maxUnavailable"], "a way back") else { return nil }
        self.init()
        if let goal = fields["to"], goal.node.value != .string(Goal.previous.rawValue) {
            goal.mismatch("'previous'", hint: "a rollback always goes to the version before")
        }
        maxUnavailable = fields["maxUnavailable"]?.atLeastOneHost() ?? maxUnavailable
    }

    public var documentNode: Node {
        .mapping([("to", .string(Goal.previous.rawValue)), ("maxUnavailable", maxUnavailable.documentNode)])
    }
}

extension WaveSpec: DocumentForm {
    private static let keys = [
        "name", "hosts", "select", "maxUnavailable", "bake", "gate", "timeWindow", "progressDeadline", "failureBudget",
    ]

    public init?(reading cursor: Cursor) {
        guard
            let fields = cursor.fields(WaveSpec.keys, "a wave"),
            let name = fields.required("name", like: "one")?.name(of: "wave")
        else { return nil }
        self.init(name: name)
        if let cursor = fields["hosts"], let amount = cursor.amount() {
            hosts = amount
            if amount.isNone { cursor.report("a wave of no hosts", hint: "a wave has at least 1 host") }
        }
        select = fields["select"].flatMap(LabelSelector.init(reading:)) ?? select
        maxUnavailable = fields["maxUnavailable"]?.atLeastOneHost() ?? maxUnavailable
        bake = fields["bake"].flatMap(Bake.init(reading:)) ?? bake
        gate = fields["gate"]?.choice()
        timeWindow = fields["timeWindow"].map(WaveSpec.windows) ?? []
        progressDeadline = fields["progressDeadline"]?.positivePeriod() ?? progressDeadline
        failureBudget = fields["failureBudget"]?.amount() ?? failureBudget
    }

    /// One window or a list of them.
    private static func windows(_ cursor: Cursor) -> [TimeWindow] {
        guard case .sequence = cursor.node.value else { return [cursor].compactMap(TimeWindow.init(reading:)) }
        return cursor.items()?.compactMap(TimeWindow.init(reading:)) ?? []
    }

    public var documentNode: Node {
        .mapping([
            ("name", .string(name)),
            ("hosts", hosts.documentNode),
            ("select", select.isEmpty ? nil : select.documentNode),
            ("maxUnavailable", maxUnavailable.documentNode),
            ("bake", bake.documentNode),
            ("gate", gate.map { .string($0.rawValue) }),
            ("timeWindow", timeWindow.isEmpty ? nil : .sequence(timeWindow.map(\.documentNode))),
            ("progressDeadline", progressDeadline.documentNode),
            ("failureBudget", failureBudget.documentNode),
        ])
    }
}

private func falseRollbacksHint(_ share: Percentage) -> String {
    share.percent <= 0
        ? "with no chance of a mistake nothing could ever be rolled back by its checks; 1% is usual"
        : "every second good change would go back; 1% is usual"
}

extension Amount {
    /// No hosts, however many there are.
    var isNone: Bool { self == .count(0) || self == .percent(0) }
}

extension Cursor {
    /// How many hosts may be out of service: none at all would mean that nothing can ever be changed.
    func atLeastOneHost() -> Amount? {
        guard let amount = amount() else { return nil }
        if amount.isNone { report("with none allowed to be unavailable, no host can change: at least 1") }
        return amount
    }
}
