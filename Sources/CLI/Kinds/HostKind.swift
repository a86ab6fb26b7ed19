import Values
import Wire

extension ResourceKind {
    static let host = ResourceKind(
        names: ["host", "hosts", "ho"],
        get: { client, name in
            guard let name else {
                let hosts = try await client.hosts()
                return Presentation(Listing(hosts)) { hostTable(hosts, $0).lines($0) }
            }
            let host = try await client.host(name)
            return Presentation(host) { hostTable([host], $0).lines($0) }
        },
        describe: { client, name in
            let host = try await client.host(name)
            return Presentation(host) { hostDetails(host, $0).lines($0) }
        },
        delete: { try await $0.delete(Path("hosts", $1)) })
}

private func look(of contact: Contact) -> Look {
    switch contact {
    case .connected: return .good
    case .unknown: return .bad
    case .expected: return .caution
    }
}

private func labels(_ host: HostView) -> String {
    host.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
}

private func hostTable(_ hosts: [HostView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("name"), .init("address"), .init("contact"), .init("last seen"), .init("services", flexible: true),
            .init("labels", flexible: true),
        ], whenEmpty: "No hosts. Start an agent on each with: halcyon agent --server URL --name NAME")
    for host in hosts {
        let services = host.services.map { "\($0.service) \($0.version ?? "-") \($0.words)" }
        table.add([
            StyledText(host.name), StyledText(host.address), StyledText(host.contact.rawValue, look(of: host.contact)),
            StyledText(style.time(host.lastSeen)), StyledText(services.joined(separator: ", ")),
            StyledText(labels(host)),
        ])
    }
    return table
}

private func hostDetails(_ host: HostView, _ style: TextStyle) -> Details {
    var details = Details()
    details.add("Host", host.name, .bold)
    details.add("Address", host.address)
    details.add("Contact", host.contact.rawValue, look(of: host.contact))
    details.add("Last seen", style.time(host.lastSeen))
    details.add("Joined", style.time(host.joinedAt))
    details.add("Labels", labels(host))
    details.add("Release", host.release)
    if let load = host.load {
        details.add("Processors", "\(load.cpus), load \(fixed(load.loadAverage, 2))")
        let (free, total) = (ByteSize(bytes: load.memoryAvailable), ByteSize(bytes: load.memoryTotal))
        details.add("Memory", "\(free) of \(total) available")
        details.add("Disk", "\(ByteSize(bytes: load.diskAvailable)) available")
    }
    details.add("Warnings", host.warnings, .caution)
    var services = Table(
        [.init("service"), .init("version"), .init("state"), .init("on disk"), .init("detail", flexible: true)],
        whenEmpty: "none")
    var instances = Table(
        [
            .init("instance"), .init("version"), .init("pid", right: true), .init("state"), .init("started"),
            .init("restarts", right: true), .init("cpu", right: true), .init("memory", right: true),
        ], whenEmpty: "none")
    for service in host.services {
        let failure = service.failure.map { "\($0.version) failed to \($0.step.words): \($0.message)" }
        let state = StyledText(service.state.words, service.state == .failed ? .bad : .plain)
        table(&services, service, state, failure ?? service.detail)
        for instance in service.instances { add(instance, to: &instances, style) }
    }
    details.add("Services", services)
    details.add("Instances", instances)
    for case let (service, failure?) in host.services.map({ ($0.service, $0.failure) }) where !failure.output.isEmpty {
        details.add("Last output of \(service) \(failure.version)", failure.output, .dim)
    }
    return details
}

private func table(_ table: inout Table, _ service: ServiceReport, _ state: StyledText, _ detail: String) {
    table.add([
        StyledText(service.service), StyledText(service.version ?? "-"), state,
        StyledText(service.onDisk.joined(separator: ", ")), StyledText(detail),
    ])
}

private func add(_ instance: InstanceReport, to table: inout Table, _ style: TextStyle) {
    let state = instance.draining ? "draining" : instance.ready ? "ready" : "not ready"
    table.add(
        instance.id, instance.version, "\(instance.pid)", instance.adopted ? "\(state), adopted" : state,
        style.time(instance.startedAt), "\(instance.restarts)", fixed(instance.cpu, 2),
        ByteSize(bytes: instance.memory).description)
}

extension ServiceReport {
    /// How it is, in a word or two.
    fileprivate var words: String { ready ? "ready" : state == .running ? "not ready" : state.words }
}

extension ServiceReport.State {
    /// In words, as people write them.
    var words: String {
        self == .handingOver ? "handing over" : rawValue
    }
}

extension FailureReport.Step {
    /// What did not work, after `failed to`.
    var words: String {
        switch self {
        case .ready: return "get ready"
        case .crashLoop: return "stay up"
        default: return rawValue
        }
    }
}
