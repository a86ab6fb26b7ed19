import FlagSpecs
import Wire

/// The bodies of the flags' routes; they mirror the types of the same names.
extension BodyForm {
    static let flagChange = BodyForm(
        name: "FlagChangeRequest",
        fields: [
            Field(name: "edits", kind: .objects(flagEdit), meaning: "what to do, one after the other, all or nothing"),
            Field(
                name: "revision", kind: .integer, isOptional: true,
                meaning: "the revision that the caller has seen (0: no such flag); a flag changed since is a conflict"),
            .reason,
            .dryRun,
            Field(name: "propose", kind: .flag, fallback: false, meaning: "let another person decide"),
        ])

    private static let flagEdit = BodyForm(
        name: "FlagEdit",
        fields: [
            Field(name: "action", kind: .words(FlagEdit.Action.allCases.map(\.rawValue)), meaning: "what to do"),
            Field(
                name: "document", kind: .text, isOptional: true,
                meaning: "put: the flag; targeting: JsonLogic; schedule: the members to set. JSON or YAML"),
            Field(
                name: "file", kind: .text, isOptional: true,
                meaning: "put: the file that the document was read from, for messages"),
            Field(
                name: "variant", kind: .text, isOptional: true, meaning: "default, target, rollout, ramp: the variant"),
            Field(name: "rest", kind: .text, isOptional: true, meaning: "rollout: the variant of all others"),
            Field(name: "when", kind: .text, isOptional: true, meaning: "target: the condition, JsonLogic"),
            Field(
                name: "index", kind: .integer, isOptional: true, meaning: "target, untarget, unschedule: which, from 1"),
            Field(name: "share", kind: .text, isOptional: true, meaning: "rollout: for example 20%", example: "20%"),
            Field(
                name: "shares",
                kind: .objects(
                    BodyForm(
                        name: "FlagShare",
                        fields: [
                            Field(name: "variant", kind: .text, meaning: "the variant"),
                            Field(name: "share", kind: .text, meaning: "for example 25%", example: "25%"),
                        ])), isOptional: true, meaning: "rollout: what each variant gets, 100% together"),
            Field(
                name: "at", kind: .text, isOptional: true, meaning: "schedule: when", example: "2026-12-01T09:00:00Z"),
            Field(
                name: "steps",
                kind: .objects(
                    BodyForm(
                        name: "FlagRampStep",
                        fields: [
                            Field(name: "share", kind: .text, meaning: "for example 25%", example: "25%"),
                            Field(name: "after", kind: .text, meaning: "how long after the step before", example: "4h"),
                        ])), isOptional: true, meaning: "ramp: the steps"),
            Field(name: "keep", kind: .flag, isOptional: true, meaning: "endRamp: the share stays where it is"),
            Field(name: "description", kind: .text, isOptional: true, meaning: "describe"),
            Field(name: "owner", kind: .text, isOptional: true, meaning: "describe"),
            Field(name: "tags", kind: .texts, isOptional: true, meaning: "describe"),
            Field(name: "expires", kind: .text, isOptional: true, meaning: "describe: a date", example: "2027-01-31"),
            Field(name: "bucketBy", kind: .text, isOptional: true, meaning: "describe: the attribute to spread by"),
        ])

    static let flagRevert = BodyForm(
        name: "FlagRevertRequest",
        fields: [
            Field(
                name: "to", kind: .integer, isOptional: true,
                meaning: "the revision to return to; without one, the one before the last change"),
            Field(name: "revision", kind: .integer, isOptional: true, meaning: "the revision that the caller has seen"),
            .reason,
            .dryRun,
        ])

    static let flagEvaluation = BodyForm(
        name: "FlagEvaluationRequest",
        fields: [
            Field(
                name: "context", kind: .text, meaning: "the evaluation context: a JSON object, as text",
                example: #"{"targetingKey": "user-7"}"#),
            Field(name: "at", kind: .text, isOptional: true, meaning: "when; now unless told"),
        ])

    static let flagCopy = BodyForm(
        name: "FlagCopyRequest",
        fields: [
            Field(name: "from", kind: .text, meaning: "the environment to copy from"),
            Field(name: "keys", kind: .texts, fallback: .list([]), meaning: "which flags; without any, all"),
            .reason,
            .dryRun,
        ])

    static let flagImport = BodyForm(
        name: "FlagImportRequest", limit: Limits.applyBytes,
        fields: [
            Field(
                name: "format", kind: .words(FlagImportRequest.Format.allCases.map(\.rawValue)),
                meaning: "which system's export it is"),
            Field(name: "name", kind: .text, fallback: "import", meaning: "the file's name, for messages"),
            Field(name: "text", kind: .text, meaning: "the export"),
            Field(
                name: "foreignEnvironment", kind: .text, isOptional: true,
                meaning: "the other system's environment; without one, the nearest name"),
            .reason,
            .dryRun,
        ])

    static let decision = BodyForm(
        name: "DecisionRequest",
        fields: [.reason])

    static let flagRollout = BodyForm(
        name: "FlagRolloutRequest",
        fields: [
            Field(name: "to", kind: .text, meaning: "the variant"),
            Field(
                name: "plan", kind: .text, isOptional: true,
                meaning: "the name of a plan to go by instead of the flag's own, or of guarded"),
            Field(
                name: "supersede", kind: .flag, fallback: false,
                meaning: "take the place of the flag's rollout in flight, which goes back first"),
            Field(
                name: "force", kind: .flag, fallback: false,
                meaning: "roll a variant out although it was rolled back before"),
            .reason,
        ])
}
