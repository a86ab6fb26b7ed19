/// What SDKs report of flags; the bodies mirror the types of the same names.
extension BodyForm {
    static let sdkUsage = BodyForm(
        name: "SDKUsageReport",
        fields: [
            Field(
                name: "counts",
                kind: .objects(
                    BodyForm(
                        name: "SDKUsageCount",
                        fields: [
                            Field(name: "flag", kind: .text, meaning: "the flag's key"),
                            Field(
                                name: "variant", kind: .text, fallback: "",
                                meaning: "the variant; empty when the caller's own default counted"),
                            Field(name: "count", kind: .integer, meaning: "how often since the last report"),
                        ])), fallback: .list([]), meaning: "what was evaluated"),
            Field(
                name: "measures", kind: .object(sdkMeasures), isOptional: true,
                meaning: "what was measured since the process began, as sums"),
        ])

    private static let sdkMeasures = BodyForm(
        name: "SDKMeasures",
        fields: [
            Field(name: "client", kind: .text, meaning: "tells the process from every other"),
            Field(name: "age", kind: .integer, meaning: "for how many milliseconds it has been measuring"),
            Field(
                name: "bounds", kind: .integers, fallback: .list([]),
                meaning: "the upper bounds of the buckets in microseconds; one more bucket takes the rest"),
            Field(
                name: "flags",
                kind: .objects(
                    BodyForm(
                        name: "SDKMeasured",
                        fields: [
                            Field(name: "flag", kind: .text, meaning: "the flag's key"),
                            Field(name: "variant", kind: .text, meaning: "the variant that was given"),
                            Field(
                                name: "requests", kind: .integer, fallback: 0, meaning: "guarded blocks that were run"),
                            Field(name: "errors", kind: .integer, fallback: 0, meaning: "those of them that failed"),
                            Field(
                                name: "micros", kind: .integer, fallback: 0,
                                meaning: "how long they took, in microseconds"),
                            Field(
                                name: "buckets", kind: .integers, meaning: "how many took so long, each counted once"),
                            Field(
                                name: "events",
                                kind: .objects(
                                    BodyForm(
                                        name: "SDKEvent",
                                        fields: [
                                            Field(name: "event", kind: .text, meaning: "what was tracked"),
                                            Field(name: "count", kind: .integer, meaning: "how often"),
                                        ])), fallback: .list([]), meaning: "what was tracked"),
                        ])), fallback: .list([]), meaning: "by flag and variant"),
            Field(
                name: "exposures", kind: .objects(sdkExposure), fallback: .list([]),
                meaning: "which targeting keys rollouts have given what"),
        ])

    private static let sdkExposure = BodyForm(
        name: "SDKExposure",
        fields: [
            Field(name: "flag", kind: .text, meaning: "the flag's key"),
            Field(name: "rollout", kind: .text, meaning: "what the flag's metadata call halcyon.rollout"),
            Field(name: "share", kind: .text, meaning: "what they call halcyon.share", example: "5"),
            Field(
                name: "drawn",
                kind: .objects(
                    BodyForm(
                        name: "SDKDrawn",
                        fields: [
                            Field(name: "variant", kind: .text, meaning: "the variant"),
                            Field(name: "count", kind: .integer, meaning: "different keys"),
                        ])), meaning: "different keys whom a share decided"),
            Field(name: "keys", kind: .integer, meaning: "different keys"),
            Field(name: "crossed", kind: .integer, fallback: 0, meaning: "those of them that got several variants"),
        ])
}
