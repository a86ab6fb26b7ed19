import Documents
import Ports
import Specs
import Values
import Wire

extension Draft {
    /// The version that a request means, made of its artefact when there is none of that name yet.
    mutating func version(
        for request: DeployRequest, service: ServiceSpec, artefacts: any ArtefactStore, by principal: String
    ) async throws(Problem) -> String {
        guard let artefact = request.artefact else { return try existingVersion(request, service: service) }
        try await check(artefact, in: artefacts)
        let name = request.version ?? String(artefact.digest.dropFirst("sha256:".count).prefix(12))
        guard isValidName(name, allowingPlus: true) else {
            throw Problem(
                .invalid, "'\(name)' is not a version name: use letters, digits, '.', '_', '-' and '+', at most 63")
        }
        let record = VersionRecord(
            service: service.name, version: name, artefact: artefact, run: service.run,
            forwardOnly: request.forwardOnly, createdAt: now, createdBy: principal)
        if let present = ledger.version(service.name, name) {
            try checkSame(present, record)
            try checkForwardOnly(present, request)
        } else {
            let key = VersionRecord.name(service: service.name, version: name)
            ledger.versions[key] = record
            put(Collection.versions, key, record)
        }
        return name
    }

    private func existingVersion(_ request: DeployRequest, service: ServiceSpec) throws(Problem) -> String {
        guard let name = request.version else {
            throw Problem(
                .invalid, "name a version, or an artefact to make one of",
                hint: "halcyon deploy \(service.name) --artifact FILE")
        }
        guard let present = ledger.version(service.name, name) else {
            let names = ledger.versions.values.filter { $0.service == service.name }.map(\.version)
            throw Problem.unknown("version of \(service.name)", name, among: names)
        }
        try checkForwardOnly(present, request)
        return name
    }

    private func check(_ artefact: ArtefactReference, in artefacts: any ArtefactStore) async throws(Problem) {
        guard ArtefactDigest.isWellFormed(artefact.digest) else {
            throw Problem(
                .invalid, "'\(artefact.digest)' is not a digest: sha256: and 64 hexadecimal digits in lower case")
        }
        guard artefact.size > 0, artefact.size <= 1 << 40 else {
            throw Problem(.invalid, "an artefact has between 1 byte and 1 TiB, not \(artefact.size) bytes")
        }
        if let url = artefact.url {
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw Problem(.invalid, "an artefact's URL begins with https:// or http://")
            }
            return
        }
        guard let size = await artefacts.size(digest: artefact.digest) else {
            throw Problem(
                .notFound, "the server has no artefact \(artefact.digest)", hint: "upload it first, or give a URL")
        }
        guard size == artefact.size else {
            throw Problem(.invalid, "the artefact has \(size) bytes, not \(artefact.size)")
        }
    }

    /// A wish to be asked first is never dropped silently.
    private func checkForwardOnly(_ present: VersionRecord, _ request: DeployRequest) throws(Problem) {
        guard request.forwardOnly, !present.forwardOnly else { return }
        throw Problem(
            .conflict, "version \(present.version) of \(present.service) is there already, and is not forward-only",
            hint: "a version never changes: give this one another name with --version")
    }

    /// A version never changes: the same name is the same artefact, run the same way.
    private func checkSame(_ present: VersionRecord, _ wanted: VersionRecord) throws(Problem) {
        let what: String
        if present.artefact.digest != wanted.artefact.digest {
            what = "another artefact (\(present.artefact.digest))"
        } else if present.run != wanted.run {
            what = "another run specification (\(wanted.run.differences(from: present.run).joined(separator: "; ")))"
        } else {
            return
        }
        throw Problem(
            .conflict, "version \(wanted.version) of \(wanted.service) is there already, with \(what)",
            hint: "a version never changes: give the new one another name with --version")
    }
}
