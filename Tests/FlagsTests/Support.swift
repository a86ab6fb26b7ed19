import Documents
import Flags
import Testing
import Values

/// A time at which all tests evaluate.
let noon = Timestamp(milliseconds: 1_800_000_000_000)

func compile(_ json: String, bucketing: Bucketing = .v3) -> (
    snapshot: FlagSnapshot?, issues: [DocumentIssue]
) {
    let (node, issues) = JSONParser.parse(Array(json.utf8), file: "flags.json")
    guard let node else { return (nil, issues) }
    return FlagSnapshot.compile(node, file: "flags.json", bucketing: bucketing)
}

func snapshot(_ json: String, bucketing: Bucketing = .v3) throws -> FlagSnapshot {
    let (snapshot, issues) = compile(json, bucketing: bucketing)
    return try #require(snapshot, "\(issues.map(\.description))")
}

extension FlagSnapshot {
    /// The answer in one text, for example `on TARGETING_MATCH`, `- DISABLED` or `- ERROR GENERAL`.
    func answer(_ key: String, _ context: String = "{}", at now: Timestamp = noon) throws -> String {
        guard let flag = index(of: key) else { return "- ERROR FLAG_NOT_FOUND" }
        var bound = BoundContext()
        try bind(json: Array(context.utf8), into: &bound)
        let resolution = evaluate(flag, in: &bound, at: now)
        let variant = resolution.variant < 0 ? "-" : variantName(flag, resolution.variant)
        return "\(variant) \(resolution.reason.name)\(resolution.error.map { " \($0.name)" } ?? "")"
    }
}
