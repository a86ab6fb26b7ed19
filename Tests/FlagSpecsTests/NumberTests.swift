import Documents
import Flags
import Formats
import Testing
import Values

@testable import FlagSpecs

@Suite("Numbers in flags, however they are written")
struct NumberTests {
    @Test("slots of a layer may be written 5.0")
    func layer() throws {
        let yaml = """
            flags:
              a: { state: ENABLED, variants: { on: 1, off: 0 }, defaultVariant: on, layer: { name: l, from: 5.0, to: 1e4 } }
            """
        let flag = try #require(try TestSet(yaml).set.flags["a"])
        #expect(flag.layer == ManagedFlag.Layer(name: "l", from: 5, to: 10_000))
    }

    @Test(
        "slots that are none are no layer, rather than the end",
        arguments: ["9, to: 3", "-1, to: 3", "0, to: 10001", "0, to: .nan"])
    func noLayer(slots: String) throws {
        let node = Node.mapping([("layer", try document("{ name: l, from: \(slots) }"))])
        #expect(ManagedFlag(key: "a", node: node).layer == nil)
    }

    @Test(
        "weights and shares of other systems may be anything",
        arguments: ["1e300", "-1e300", "\"nan\"", "\"1e999\"", "-3"])
    func imports(number: String) throws {
        let unleash = try node(
            """
            {"features": [{"name": "a", "enabled": true, "variants": [{"name": "x", "weight": \(number)}, {"name": "y", "weight": 1}],
              "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": \(number)}}]}]}
            """)
        let taken = try ImportedFlags(unleash, format: "unleash", environment: "production", file: "u.json")
        #expect(taken.flags.count == 2 && taken.notes.contains { $0.contains("the weight") })
        #expect(taken.notes.contains { $0.contains("the share") })
        let dark = try node(
            """
            {"items": [{"key": "a", "variations": [{"value": true}, {"value": false}], "environments": {"production":
              {"on": true, "fallthrough": {"rollout": {"variations": [{"variation": 0, "weight": \(number)},
               {"variation": 1, "weight": 1}]}}}}}]}
            """)
        _ = try ImportedFlags(dark, format: "launchdarkly", environment: "production", file: "l.json")
    }

    @Test("files of another kind are not taken for empty exports")
    func wrongKind() throws {
        let flagd = try node(#"{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}}}}"#)
        for format in ["launchdarkly", "unleash"] {
            #expect(throws: FlagEditProblem.self) {
                try ImportedFlags(flagd, format: format, environment: "production", file: "f.json")
            }
        }
    }
}

private func document(_ yaml: String) throws -> Node {
    let (nodes, _) = readDocuments(yaml, file: "test")
    return try #require(nodes.first)
}
