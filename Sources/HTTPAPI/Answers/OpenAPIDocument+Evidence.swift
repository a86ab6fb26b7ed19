// What verdicts rest on, as the answers about rollouts have it.
extension OpenAPIDocument {
    private static func number(_ description: String) -> JSONValue {
        ["type": "number", "description": .text(description)]
    }

    private static func list(_ name: String) -> JSONValue {
        ["type": "array", "items": ["$ref": .text("#/components/schemas/\(name)")]]
    }

    static let evidenceSchemas: [String: JSONValue] = [
        "RolloutView": [
            "type": "object", "title": "RolloutView",
            "properties": [
                "readings": list("Reading"), "budget": ["$ref": "#/components/schemas/Budget"],
            ],
        ],
        "Explanation": [
            "type": "object", "title": "Explanation",
            "properties": [
                "rollout": ["$ref": "#/components/schemas/RolloutView"],
                "decisions": [
                    "type": "array", "items": ["type": "object", "properties": ["readings": list("Reading")]],
                ],
            ],
        ],
        "Reading": [
            "type": "object", "required": ["check", "verdict", "reason", "lacksData", "holds", "dryRun"],
            "properties": [
                "check": ["type": "string"], "verdict": ["type": "string", "enum": ["pass", "fail", "undecided"]],
                "reason": ["type": "string", "description": "A sentence to read out."],
                "lacksData": ["type": "boolean"],
                "holds": [
                    "type": "boolean", "description": "Nobody new may get the change now, whatever the evidence says.",
                ],
                "dryRun": ["type": "boolean"], "canary": cohort, "baseline": cohort,
                "value": number("The canary's ratio, or a guardrail's left side."),
                "limit": number("What the value may not exceed."),
                "evidence": ["$ref": "#/components/schemas/Evidence"],
            ],
        ],
        "Evidence": evidence,
        "Budget": [
            "type": "object", "required": ["chance", "log", "peak", "threshold"],
            "properties": [
                "chance": number("falseRollbacks, as a fraction."),
                "log": number("Natural logarithm of the checks' weighted evidence now."),
                "peak": number("The same at its highest."), "threshold": number("Where it rolls back."),
            ],
        ],
    ]

    private static let cohort: JSONValue = [
        "type": "object", "required": ["bad", "total", "hosts"],
        "properties": ["bad": ["type": "number"], "total": ["type": "number"], "hosts": ["type": "integer"]],
    ]

    private static let evidence: JSONValue = [
        "type": "object", "required": ["log", "threshold", "parts", "allowances"],
        "properties": [
            "log": number("Natural logarithm of the evidence that the canary is worse than its margin allows."),
            "threshold": number("What log must reach for this check alone to roll back."),
            "proof": number("Natural logarithm of the evidence that the regression 'excludes' is excluded."),
            "proofThreshold": number("What proof must reach to pass."),
            "excludes": number("The regression that a pass excludes, as a factor on the baseline."),
            "effect": [
                "type": "object", "required": ["ratio", "lower", "confidence"],
                "description": "Canary over baseline, with an interval that holds at every moment at once.",
                "properties": [
                    "ratio": ["type": "number"], "lower": ["type": "number"], "upper": ["type": "number"],
                    "confidence": ["type": "number"],
                ],
            ],
            "parts": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["name", "log", "weight"],
                    "properties": [
                        "name": ["type": "string"], "log": ["type": "number"], "weight": ["type": "number"],
                    ],
                ],
            ],
            "allowances": ["type": "array", "items": ["type": "string"]],
            "expectedSeconds": number("How long until it is decided at this traffic, as far as that can be told."),
        ],
    ]
}
