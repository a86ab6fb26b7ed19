import Specs
import Values
import Wire

extension ResourceKind {
    static let plan = ResourceKind(
        names: ["plan", "plans"],
        get: { client, name in
            let plans = try chosen(name, from: try await client.plans(), kind: "plan", by: \.name)
            return Presentation(Listing(plans), documents: plans.map(SpecDocument.plan)) { planList(plans).lines($0) }
        },
        describe: { client, name in
            let plan = try pick(name, from: try await client.plans(), kind: "plan", by: \.name)
            return Presentation(plan, documents: [.plan(plan)]) { planDetails(plan).lines($0) }
        },
        delete: { try await $0.delete(Path("plans", $1)) })
}

private func planList(_ plans: [NamedPlanSpec]) -> Table {
    var table = Table(
        [.init("name"), .init("waves", flexible: true), .init("watch")],
        whenEmpty: "No plans of their own: every service goes by the plan in its document.")
    for named in plans {
        let waves = named.plan.waves.map { "\($0.name) \($0.hosts)" }.joined(separator: " → ")
        table.add(named.name, waves, named.plan.watch.description)
    }
    return table
}

private func planDetails(_ named: NamedPlanSpec) -> Details {
    var details = Details()
    details.add("Plan", named.name, .bold)
    details.add("False rollbacks", named.plan.falseRollbacks.description)
    details.add("Way back", "at most \(named.plan.rollback.maxUnavailable) out of service")
    details.add("Lost hosts", named.plan.onLostHosts.rawValue)
    details.add("Waves", planTable(named.plan))
    return details
}
