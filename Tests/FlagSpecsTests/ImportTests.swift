import Documents
import Flags
import Testing

@testable import FlagSpecs

@Suite("Exports of other systems")
struct ImportTests {
    private func snapshot(_ imported: ImportedFlags) throws -> FlagSnapshot {
        let set = FlagSet(
            flags: Dictionary(uniqueKeysWithValues: imported.flags.map { ($0.key, $0) }),
            segments: Dictionary(uniqueKeysWithValues: imported.segments.map { ($0.name, $0.rule) }))
        let lowered = set.lowered()
        try #require(lowered.issues.isEmpty, "\(lowered.issues)")
        let (snapshot, issues) = FlagSnapshot.compile(lowered.node, file: "")
        return try #require(snapshot, "\(issues)")
    }

    @Test("Unleash: strategies, constraints, segments, variants and dependencies")
    func unleash() throws {
        let export = try node(
            """
            {"features": [{"name": "search", "project": "shop"}, {"name": "child"}],
             "featureStrategies": [
               {"name": "flexibleRollout", "featureName": "search", "environment": "prod", "sortOrder": 2,
                "parameters": {"rollout": "50", "stickiness": "default", "groupId": "g"}, "segments": [],
                "constraints": [{"contextName": "country", "operator": "IN", "values": ["de"]}],
                "variants": [{"name": "red", "weight": 1000, "payload": {"type": "string", "value": "#f00"}}]},
               {"name": "userWithId", "featureName": "search", "environment": "prod", "sortOrder": 1,
                "parameters": {"userIds": "eve, bob"}},
               {"name": "homemade", "featureName": "search", "environment": "prod", "sortOrder": 3},
               {"name": "default", "featureName": "child", "environment": "prod", "segments": [4]}],
             "featureEnvironments": [
               {"featureName": "search", "environment": "prod", "enabled": true},
               {"featureName": "child", "environment": "prod", "enabled": true}],
             "segments": [{"id": 4, "name": "grown-up",
               "constraints": [{"contextName": "age", "operator": "NUM_GTE", "value": "18"}]}],
             "dependencies": [{"feature": "child", "dependencies": [{"feature": "search", "enabled": true}]}]}
            """)
        let imported = try ImportedFlags(export, format: "unleash", environment: "production", file: "u.json")
        #expect(imported.flags.map(\.key) == ["search", "search.variant", "child"])
        #expect(imported.notes.contains { $0.contains("no environment 'production': 'prod' was read") })
        #expect(imported.notes.contains { $0.contains("'homemade' is not known here") })
        let snapshot = try snapshot(imported)
        #expect(snapshot.answer("search", "bob") == "on" && snapshot.answer("search", "ann") == "off")
        let de = ("country", FlagValue.string("de"))
        let on = (0..<1000).filter { snapshot.answer("search", "u\($0)", [de]) == "on" }
        #expect((430...570).contains(on.count))
        #expect(snapshot.answer("search.variant", "u\(on[0])", [de]) == "red")
        #expect(snapshot.answer("search.variant", "ann") == "disabled")
        let age = ("age", FlagValue.integer(20))
        #expect(snapshot.answer("child", "eve", [age]) == "on" && snapshot.answer("child", "ann", [age]) == "off")
    }

    @Test("LaunchDarkly: targets, rules, shares, prerequisites and what cannot be said")
    func launchDarkly() throws {
        let export = try node(
            """
            {"items": [
              {"key": "dark", "name": "Dark", "variations": [{"value": true}, {"value": false}],
               "environments": {"production": {"on": true, "offVariation": 1,
                 "targets": [{"variation": 0, "values": ["eve"]}],
                 "rules": [
                   {"variation": 0, "clauses": [{"attribute": "email", "op": "endsWith", "values": ["@x.org", "@y.org"]}]},
                   {"variation": 0, "clauses": [{"attribute": "email", "op": "matches", "values": [".*"]}]},
                   {"variation": 1, "clauses": [{"attribute": "age", "op": "lessThan", "values": [18], "negate": true}]}],
                 "fallthrough": {"rollout": {"variations": [
                   {"variation": 0, "weight": 30000}, {"variation": 1, "weight": 70000}], "bucketBy": "team"}}}}},
              {"key": "theme", "variations": [{"value": "a", "name": "First"}, {"value": "b"}],
               "environments": {"production": {"on": false, "offVariation": 1, "fallthrough": {"variation": 0},
                 "prerequisites": [{"key": "dark", "variation": 0}]}}}]}
            """)
        let imported = try ImportedFlags(export, format: "launchdarkly", environment: "production", file: "l.json")
        #expect(imported.notes.contains { $0.contains("the operator 'matches' on email cannot be said here") })
        #expect(imported.notes.contains { $0.contains("'theme' is off") })
        let snapshot = try snapshot(imported)
        #expect(snapshot.answer("dark", "eve") == "on")
        #expect(snapshot.answer("dark", "u", [("email", .string("a@y.org"))]) == "on")
        let young = ("age", FlagValue.integer(3))
        let on = (0..<1000).filter { snapshot.answer("dark", "u", [young, ("team", .string("t\($0)"))]) == "on" }
        #expect((230...370).contains(on.count))
        #expect(imported.flags[1].variants.map(\.name) == ["First", "b"] && !imported.flags[1].isEnabled)
    }

    @Test("what is no export is refused")
    func refusals() throws {
        for format in ["unleash", "launchdarkly", "flagd"] {
            #expect(throws: FlagEditProblem.self) {
                try ImportedFlags(try node("[]"), format: format, environment: "production", file: "x.json")
            }
        }
    }
}
