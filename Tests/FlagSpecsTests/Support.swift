import Documents
import Flags
import Formats
import Testing
import Values

@testable import FlagSpecs

/// A flag set in YAML, as people write it.
struct TestSet {
    var set: FlagSet

    init(_ yaml: String, bucketing: BucketingGeneration = .v3, holdouts: [HoldoutSpec] = []) throws {
        let (nodes, issues) = readDocuments(yaml, file: "flags.yaml")
        try #require(issues.isEmpty, "\(issues)")
        let log = IssueLog(file: "flags.yaml")
        let file = try #require(FlagFile(reading: Cursor(nodes[0], log: log)))
        try #require(log.issues.errors.isEmpty, "\(log.issues)")
        set = FlagSet(
            bucketing: bucketing, flags: Dictionary(uniqueKeysWithValues: file.flags.map { ($0.key, $0) }),
            segments: Dictionary(uniqueKeysWithValues: file.segments.map { ($0.name, $0.rule) }),
            holdouts: Dictionary(uniqueKeysWithValues: holdouts.map { ($0.name, $0) }), metadata: file.metadata)
    }

    func compiled() throws -> FlagSnapshot {
        let lowered = set.lowered()
        try #require(lowered.issues.isEmpty, "\(lowered.issues)")
        let (snapshot, issues) = FlagSnapshot.compile(
            lowered.node, file: "", bucketing: Bucketing(rawValue: set.bucketing.rawValue) ?? .v3)
        return try #require(snapshot, "\(issues)")
    }
}

extension FlagSnapshot {
    /// The variant that somebody gets; an error's name in parentheses.
    func answer(_ key: String, _ targetingKey: String? = nil, _ attributes: [(String, FlagValue)] = []) -> String {
        guard let flag = index(of: key) else { return "(FLAG_NOT_FOUND)" }
        var bound = BoundContext()
        bind(EvaluationContext(targetingKey: targetingKey, attributes: attributes), into: &bound)
        let resolution = evaluate(flag, in: &bound, at: .epoch)
        if let error = resolution.error { return "(\(error.name))" }
        return resolution.variant < 0 ? "(none)" : variantName(flag, resolution.variant)
    }
}

func node(_ json: String) throws -> Node {
    let (node, issues) = JSONParser.parse(Array(json.utf8), file: "test")
    return try #require(node, "\(issues)")
}

func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
