import Documents
import Flags
import Testing
import Values

@testable import FlagSpecs

@Suite("Managed flags become plain flagd flags")
struct LoweringTests {
    private static let onOff = "{ on: true, off: false }"

    @Test("only flagd's members are served, in the order of the file")
    func members() throws {
        let set = try TestSet(
            """
            flags:
              a: { owner: me, state: ENABLED, tags: [x], variants: \(Self.onOff), defaultVariant: on, colour: red }
              b: { state: ENABLED, variants: \(Self.onOff), defaultVariant: on, archived: true }
            """)
        let lowered = set.set.lowered()
        #expect(
            lowered.node.jsonText
                == #"{"flags":{"a":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}}}"#)
    }

    @Test("a prerequisite decides, by rules, by default and when it is disabled", arguments: ["v2", "v3"])
    func prerequisites(bucketing: String) throws {
        let set = try TestSet(
            """
            flags:
              parent:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: off
                bucketBy: targetingKey
                targeting: { if: [{ "==": [{ var: country }, de] }, on, { "==": [{ var: country }, at] }, null] }
              disabled: { state: DISABLED, variants: \(Self.onOff), defaultVariant: on }
              child:
                state: ENABLED
                variants: { red: 1, green: 2, grey: 0 }
                defaultVariant: red
                targeting: { if: [{ "==": [{ var: vip }, true] }, green] }
                prerequisites: [{ flag: parent, variant: on, otherwise: grey }]
              opposite:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: on
                prerequisites: [{ flag: parent, variant: [off], otherwise: off }]
              orphan:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: on
                prerequisites: [{ flag: disabled, variant: on, otherwise: off }]
              grandchild:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: on
                prerequisites: [{ flag: child, variant: [green], otherwise: off }]
            """, bucketing: BucketingGeneration(rawValue: bucketing) ?? .v3)
        let snapshot = try set.compiled()
        let (de, at) = (("country", FlagValue.string("de")), ("country", FlagValue.string("at")))
        #expect(snapshot.answer("child", "u", [de]) == "red")
        #expect(snapshot.answer("child", "u", [de, ("vip", .bool(true))]) == "green")
        #expect(snapshot.answer("child", "u", [("vip", .bool(true))]) == "grey")
        #expect(snapshot.answer("opposite", "u", [de]) == "off")
        #expect(snapshot.answer("opposite", "u", [at]) == "on")
        #expect(snapshot.answer("orphan", "u") == "off")
        #expect(snapshot.answer("grandchild", "u", [de, ("vip", .bool(true))]) == "on")
        #expect(snapshot.answer("grandchild", "u", [de]) == "off")
    }

    @Test(
        "a share of a prerequisite is repeated exactly where a flag needs it",
        arguments: [("v2", ""), ("v3", "bucketBy: targetingKey")])
    func sharedShares(bucketing: String, member: String) throws {
        let set = try TestSet(
            """
            flags:
              parent:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: off
                targeting: { fractional: [[on, 30], [off, 70]] }
                \(member)
              child:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: on
                prerequisites: [{ flag: parent, variant: on, otherwise: off }]
            """, bucketing: BucketingGeneration(rawValue: bucketing) ?? .v3)
        let snapshot = try set.compiled()
        var counts: [String: Int] = [:]
        for number in 0..<2000 {
            let (parent, child) = (snapshot.answer("parent", "u\(number)"), snapshot.answer("child", "u\(number)"))
            #expect(parent == child)
            counts[parent, default: 0] += 1
        }
        #expect((500...700).contains(counts["on"] ?? 0))
        // Without a key everybody gets the default of the parent.
        #expect(snapshot.answer("child") == "off" && snapshot.answer("parent") == "off")
    }

    @Test("what cannot be repeated, goes round, or is not there is refused with its place")
    func refusals() throws {
        func issues(_ yaml: String) throws -> [String] { try TestSet(yaml).set.lowered().issues.map(\.description) }
        let flag = "state: ENABLED, variants: \(Self.onOff), defaultVariant: on"
        let cycle = try issues(
            """
            flags:
              a: { \(flag), prerequisites: [{ flag: b, variant: on }] }
              b: { \(flag), prerequisites: [{ flag: c, variant: on }] }
              c: { \(flag), prerequisites: [{ flag: a, variant: on }] }
            """)
        #expect(cycle.contains { $0.contains("go round in a circle: a → b → c → a") && $0.contains(":2:") }, "\(cycle)")
        let spread = try issues(
            """
            flags:
              parent: { \(flag), targeting: { fractional: [[on, 1], [off, 1]] } }
              child: { \(flag), prerequisites: [{ flag: parent, variant: on }] }
            """)
        #expect(spread.count == 1 && spread[0].contains("bucketBy: targetingKey"), "\(spread)")
        let unknown = try issues("flags:\n  a: { \(flag), prerequisites: [{ flag: aa, variant: on }] }")
        #expect(unknown.count == 1 && unknown[0].contains("there is no flag 'aa' (did you mean 'a'?)"), "\(unknown)")
        let variant = try issues(
            "flags:\n  a: { \(flag), prerequisites: [{ flag: b, variant: onn }] }\n  b: { \(flag) }")
        #expect(variant.count == 1 && variant[0].contains("no variant 'onn' (did you mean 'on'?)"), "\(variant)")
        let segments = try issues(
            """
            flags: {}
            $evaluators: { a: { "$ref": b }, b: { "!": [{ "$ref": a }] } }
            """)
        #expect(segments.first?.contains("the segments go round in a circle: a → b → a") == true, "\(segments)")
    }

    @Test("segments and prerequisites that double, or go on and on, are refused quickly")
    func hostile() throws {
        let doubling = (0..<30).map { #""s\#($0)": { "and": [{ "$ref": "s\#($0 + 1)" }, { "$ref": "s\#($0 + 1)" }] }"# }
        let large = try TestSet(
            "{\"flags\": {}, \"$evaluators\": {\(doubling.joined(separator: ", ")), \"s30\": true}}"
        )
        .set.lowered().issues
        #expect(large.contains { $0.message.contains("too large") }, "\(large)")
        let chain = (0..<500).map { #""s\#($0)": { "!": [{ "$ref": "s\#($0 + 1)" }] }"# }
        let long = try TestSet("{\"flags\": {}, \"$evaluators\": {\(chain.joined(separator: ", "))}}").set.lowered()
            .issues
        #expect(!long.isEmpty)
        let members = #""state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off""#
        let flags = (0..<60).map { number in
            let others = [number + 1, number + 2].map { #"{"flag": "f\#($0)", "variant": "on"}"# }.joined(
                separator: ", ")
            return #""f\#(number)": {\#(members), "prerequisites": [\#(others)]}"#
        }
        let text = "{\"flags\": {\(flags.joined(separator: ", ")), \"f60\": {\(members)}, \"f61\": {\(members)}}}"
        #expect(try !TestSet(text).set.lowered().issues.isEmpty)
    }

    @Test("a layer's flags never share a key, and overlaps are refused")
    func layers() throws {
        func yaml(_ second: Int) -> String {
            """
            flags:
              a:
                { state: ENABLED, variants: \(Self.onOff), defaultVariant: off, targeting: { if: [true, on] },
                  layer: { name: checkout, from: 0, to: 4000 } }
              b:
                { state: ENABLED, variants: \(Self.onOff), defaultVariant: off, targeting: { if: [true, on] },
                  layer: { name: checkout, from: \(second), to: 10000 } }
            """
        }
        let snapshot = try TestSet(yaml(4000)).compiled()
        var counts = [0, 0]
        for number in 0..<2000 {
            let answers = [snapshot.answer("a", "u\(number)"), snapshot.answer("b", "u\(number)")]
            #expect(answers.filter { $0 == "on" }.count == 1)
            counts[answers[0] == "on" ? 0 : 1] += 1
        }
        #expect((720...880).contains(counts[0]))
        #expect(snapshot.answer("a") == "off" && snapshot.answer("b") == "off")
        let issues = try TestSet(yaml(3999)).set.lowered().issues
        #expect(issues.count == 1 && issues[0].message.contains("overlap those of 'a', 0 to 4000"), "\(issues)")
    }

    @Test("a holdout keeps its share out of every flag that names it")
    func holdouts() throws {
        let holdout = HoldoutSpec(
            name: "control", environment: "production", description: "", share: Percentage(10), bucketBy: "targetingKey"
        )
        let snapshot = try TestSet(
            """
            flags:
              a: { state: ENABLED, variants: \(Self.onOff), defaultVariant: off, targeting: { if: [true, on] }, holdouts: [control] }
              b: { state: ENABLED, variants: \(Self.onOff), defaultVariant: off, targeting: { if: [true, on] }, holdouts: control }
            """, holdouts: [holdout]
        ).compiled()
        var held = 0
        for number in 0..<3000 {
            let answers = Set([snapshot.answer("a", "u\(number)"), snapshot.answer("b", "u\(number)")])
            #expect(answers.count == 1)
            if answers == ["off"] { held += 1 }
        }
        #expect((240...360).contains(held))
    }

    @Test("bucketBy keeps everybody of a company together, and who lacks the attribute gets the default")
    func bucketBy() throws {
        let snapshot = try TestSet(
            """
            flags:
              a:
                state: ENABLED
                variants: \(Self.onOff)
                defaultVariant: off
                bucketBy: company
                targeting: { fractional: [[on, 50], [off, 50]] }
            """
        ).compiled()
        var on = 0
        for number in 0..<1000 {
            let company = ("company", FlagValue.string("c\(number)"))
            let answers = Set((0..<3).map { snapshot.answer("a", "u\($0)", [company]) })
            #expect(answers.count == 1)
            if answers == ["on"] { on += 1 }
        }
        #expect((430...570).contains(on))
        #expect(snapshot.answer("a", "u1") == "off")
    }

    @Test("segments may refer to segments, and are written out")
    func segments() throws {
        let set = try TestSet(
            """
            flags:
              a: { state: ENABLED, variants: \(Self.onOff), defaultVariant: off, targeting: { if: [{ "$ref": german-staff }, on] } }
            $evaluators:
              german-staff: { and: [{ "$ref": staff }, { "==": [{ var: country }, de] }] }
              staff: { ends_with: [{ var: email }, "@example.com"] }
            """)
        let snapshot = try set.compiled()
        let email = ("email", FlagValue.string("a@example.com"))
        #expect(snapshot.answer("a", "u", [email, ("country", .string("de"))]) == "on")
        #expect(snapshot.answer("a", "u", [email]) == "off")
        #expect(set.set.flags(using: "staff") == ["a"])
    }
}

extension Node {
    var jsonText: String { String(decoding: JSONWriter.write(self), as: UTF8.self) }
}
