import Specs
import Values
import Wire

extension ResourceKind {
    /// Named `SERVICE` for all of a service's, or `SERVICE/VERSION` for one.
    static let version = ResourceKind(
        names: ["version", "versions", "ver"],
        get: { client, name in
            let versions = try await findVersions(client, name)
            return Presentation(Listing(versions)) { versionTable(versions, $0).lines($0) }
        },
        describe: { client, name in
            guard name.contains("/") else { throw needsBoth(name) }
            let versions = try await findVersions(client, name)
            let version = versions[0]
            return Presentation(version) { versionDetails(version, $0).lines($0) }
        },
        delete: { client, name in
            let (service, version) = split(name)
            guard let version else { throw needsBoth(name) }
            try await client.delete(Path("versions", service, version))
        })
}

private func split(_ name: String) -> (service: String, version: String?) {
    let parts = name.split(separator: "/", maxSplits: 1)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : (name, nil)
}

private func needsBoth(_ name: String) -> CommandFailure {
    .wrongCall(
        "a version is named SERVICE/VERSION, for example \(name)/1.4.0; list them with: halcyon get version \(name)")
}

/// At least one when a version is named.
private func findVersions(_ client: APIClient, _ name: String?) async throws -> [VersionView] {
    guard let name else {
        var versions: [VersionView] = []
        for service in try await client.services() { versions += try await client.versions(service: service.spec.name) }
        return versions
    }
    let (service, version) = split(name)
    return try chosen(version, from: try await client.versions(service: service), kind: "version", by: \.version)
}

func versionTable(_ versions: [VersionView], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("service"), .init("version"), .init("digest", flexible: true), .init("size", right: true),
            .init("created"), .init("by"),
        ], whenEmpty: "No versions. Deploy one with: halcyon deploy SERVICE --artifact FILE")
    for version in versions {
        let digest = style.isTerminal ? String(version.artefact.digest.prefix(19)) : version.artefact.digest
        table.add(
            version.service, version.version, digest, ByteSize(bytes: version.artefact.size).description,
            style.time(version.createdAt), version.createdBy)
    }
    return table
}

private func versionDetails(_ version: VersionView, _ style: TextStyle) -> Details {
    var details = Details()
    details.add("Version", version.version, .bold)
    details.add("Service", version.service)
    details.add("Digest", version.artefact.digest)
    details.add("Size", ByteSize(bytes: version.artefact.size).description)
    details.add("From", version.artefact.url)
    details.add("Command", version.run.command.joined(separator: " "))
    details.add("Listens on", version.run.listen)
    details.add("Hand-over", version.run.handover.rawValue)
    details.add("Forward only", version.forwardOnly ? "yes: it cannot be taken back automatically" : nil, .caution)
    details.add("Created", "\(style.time(version.createdAt)) by \(version.createdBy)")
    return details
}
