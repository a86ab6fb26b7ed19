import Wire

/// The bodies that the API takes; they mirror the types of the same names.
extension BodyForm {
    static let apply = BodyForm(
        name: "ApplyRequest", limit: Limits.applyBytes,
        fields: [
            Field(
                name: "files",
                kind: .objects(
                    BodyForm(
                        name: "File",
                        fields: [
                            Field(name: "name", kind: .text, meaning: "the file's name, for error messages"),
                            Field(name: "text", kind: .text, meaning: "YAML or JSON documents, as the user wrote them"),
                        ])), meaning: "the files with the documents"),
            .dryRun,
            Field(
                name: "prune", kind: .flag, fallback: false,
                meaning: "also delete documents of these kinds that the files do not hold"),
            Field(
                name: "allowNoHosts", kind: .flag, fallback: false,
                meaning: "take services and waves whose selectors match no host that is known"),
            Field(
                name: "environment", kind: .text, isOptional: true,
                meaning: "where flags go that name no environment; production unless told"),
            Field(
                name: "strict", kind: .flag, fallback: false,
                meaning: "refuse everything when there is a warning about anything in the files"),
        ])

    static let artefact = BodyForm(
        name: "ArtefactReference",
        fields: [
            Field(name: "digest", kind: .text, meaning: "sha256: and 64 hexadecimal digits"),
            Field(name: "size", kind: .integer, meaning: "the size in bytes"),
            Field(name: "url", kind: .text, isOptional: true, meaning: "where to get it, when not from this server"),
        ])

    static let deploy = BodyForm(
        name: "DeployRequest",
        fields: [
            Field(name: "service", kind: .text, meaning: "the service's name"),
            Field(
                name: "artefact", kind: .object(artefact), isOptional: true,
                meaning: "a new version's artefact; without one, a version that exists is deployed"),
            Field(name: "version", kind: .text, isOptional: true, meaning: "the version's name"),
            Field(
                name: "supersede", kind: .flag, fallback: false,
                meaning: "take the place of the rollout in flight, which goes back first"),
            Field(
                name: "force", kind: .flag, fallback: false,
                meaning: "deploy a version although it was rolled back before"),
            Field(name: "forwardOnly", kind: .flag, fallback: false, meaning: "the version cannot be taken back"),
            Field(
                name: "plan", kind: .text, isOptional: true,
                meaning: "the name of a plan to go by instead of the service's"),
            .reason,
        ])

    static let command = BodyForm(
        name: "CommandRequest", isOptional: true,
        fields: [
            .reason,
            Field(name: "full", kind: .flag, fallback: false, meaning: "for promote: all later waves too"),
        ])

    static let token = BodyForm(
        name: "TokenRequest",
        fields: [
            Field(name: "name", kind: .text, meaning: "the token's name"),
            Field(name: "role", kind: .words(Role.allCases.map(\.rawValue)), meaning: "what its holder may do"),
            Field(
                name: "lifetime", kind: .text, isOptional: true, meaning: "how long it is valid, for example 30d",
                example: "30d"),
            Field(
                name: "environment", kind: .text, isOptional: true,
                meaning: "for the role sdk: the environment whose flags it opens; production unless told"),
        ])

    static let join = BodyForm(
        name: "JoinRequest",
        fields: [
            Field(name: "host", kind: .text, meaning: "the host's name"),
            Field(name: "agent", kind: .text, meaning: "the identity in the agent's data folder"),
            Field(name: "address", kind: .text, meaning: "the address that services listen on"),
            Field(name: "labels", kind: .labels, fallback: .object([:]), meaning: "the host's labels"),
            Field(name: "release", kind: .text, meaning: "Halcyon's own version on the host"),
        ])
}

/// What many bodies have.
extension BodyForm.Field {
    static let reason = BodyForm.Field(name: "reason", kind: .text, fallback: "", meaning: "why, for the history")
    static let dryRun = BodyForm.Field(
        name: "dryRun", kind: .flag, fallback: false, meaning: "only say what would change")
}
