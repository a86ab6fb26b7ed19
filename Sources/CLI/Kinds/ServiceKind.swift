import Specs
import Values
import Wire

extension ResourceKind {
    static let service = ResourceKind(
        names: ["service", "services", "svc"],
        get: { client, name in
            guard let name else {
                let services = try await client.services()
                return Presentation(Listing(services), documents: services.map { .service($0.spec) }) {
                    serviceTable(services, $0).lines($0)
                }
            }
            let service = try await client.service(name)
            return Presentation(service, documents: [.service(service.spec)]) { serviceTable([service], $0).lines($0) }
        },
        describe: { client, name in
            let service = try await client.service(name)
            let versions = try await client.versions(service: name)
            let rollouts = try await client.rollouts(service: name, limit: 5)
            return Presentation(service, documents: [.service(service.spec)]) { style in
                serviceDetails(service, versions: versions, rollouts: rollouts, style).lines(style)
            }
        },
        delete: { try await $0.delete(Path("services", $1)) })
}

private func serviceTable(_ services: [ServiceView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("name"), .init("version", flexible: true), .init("ready", right: true), .init("rollout"),
            .init("updated"), .init("by", flexible: true),
        ], whenEmpty: "No services. Write one with: halcyon apply -f service.yaml")
    for service in services {
        let isWhole = service.readyHosts == service.hosts
        table.add([
            StyledText(service.spec.name), StyledText(service.version ?? "-"),
            StyledText("\(service.readyHosts)/\(service.hosts)", isWhole ? .plain : .caution),
            StyledText(service.rollout ?? "-", .accent), StyledText(style.time(service.updatedAt)),
            StyledText(service.updatedBy),
        ])
    }
    return table
}

private func serviceDetails(
    _ service: ServiceView, versions: [VersionView], rollouts: [RolloutView], _ style: TextStyle
) -> Details {
    let spec = service.spec
    var details = Details()
    details.add("Service", spec.name, .bold)
    details.add("Version", service.version ?? "none yet")
    details.add("Ready", "\(service.readyHosts) of \(counted(service.hosts, "host"))")
    details.add("Hosts", spec.select.isEmpty ? "all" : spec.select.description)
    details.add("Command", spec.run.command.joined(separator: " "))
    details.add("Listens on", spec.run.listen)
    details.add("Hand-over", spec.run.handover.rawValue)
    details.add("Rollout", service.rollout)
    details.add("Queue", service.queue.joined(separator: ", "))
    details.add("Updated", "\(style.time(service.updatedAt)) by \(service.updatedBy) (revision \(service.revision))")
    if let usual = service.defaultChecks, spec.checks.isEmpty, !usual.isEmpty {
        details.add("Checks (the usual ones, from its metrics)", checkTable(usual))
    } else {
        details.add("Checks", checkTable(spec.checks))
    }
    details.add("Plan", planTable(spec.plan))
    if !versions.isEmpty { details.add("Versions", versionTable(versions, style)) }
    if !rollouts.isEmpty { details.add("Rollouts", rolloutTable(rollouts, style)) }
    details.add(
        "Refused versions", service.refused.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }, .caution)
    return details
}

private func checkTable(_ checks: [CheckSpec]) -> Table {
    var table = Table(
        [.init("name"), .init("kind"), .init("what", flexible: true), .init("tolerates")],
        whenEmpty: "none: a rollout is judged by readiness alone")
    for check in checks {
        let kind = check.dryRun ? "\(check.kind.name) (dry run)" : check.kind.name
        table.add(check.name, kind, check.kind.subject, check.tolerated ?? "-")
    }
    return table
}

func planTable(_ plan: PlanSpec) -> Table {
    var table = Table(
        [.init("wave"), .init("hosts", right: true), .init("of", flexible: true), .init("bake"), .init("gate")],
        whenEmpty: "no waves")
    for wave in plan.waves {
        table.add(
            wave.name, wave.hosts.description, wave.select.isEmpty ? "all" : wave.select.description,
            wave.bake.description, wave.gate?.rawValue ?? "-")
    }
    table.add("(watch)", "", "", plan.watch.description, "-")
    return table
}
