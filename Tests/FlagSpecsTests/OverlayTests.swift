import Documents
import Flags
import Testing
import Values

@testable import FlagSpecs

@Suite("A flag under a rollout")
struct OverlayTests {
    private static let onOff = "variants: { on: true, off: false }, defaultVariant: off"

    private func set(_ more: String, holdouts: [HoldoutSpec] = []) throws -> TestSet {
        try TestSet("flags:\n  f: { state: ENABLED, \(OverlayTests.onOff)\(more) }", holdouts: holdouts)
    }

    private func overlay(_ share: Double, from: String = "off", to: String = "on") -> FlagOverlay {
        FlagOverlay(
            key: "f", environment: "production", rollout: "f@production-1", from: from, to: to, share: Percentage(share)
        )
    }

    private func answers(_ set: TestSet, _ share: Double?, _ attributes: [(String, FlagValue)] = []) throws -> [String]
    {
        var set = set
        if let share { set.set.overlays["f"] = overlay(share) }
        let snapshot = try set.compiled()
        return (0..<2000).map { snapshot.answer("f", "user-\($0)", attributes) }
    }

    @Test(
        "nobody loses the variant while the share rises, and each share is about as large as it says",
        arguments: ["", ", bucketBy: company", ", holdouts: [few]"])
    func sticky(more: String) throws {
        let few = HoldoutSpec(
            name: "few", environment: "production", description: "", share: Percentage(10), bucketBy: "targetingKey")
        let set = try set(more, holdouts: [few])
        var before = Set<Int>()
        for share in [0, 0.5, 1, 5, 12.5, 25, 98, 100] {
            let snapshot = try { () throws -> FlagSnapshot in
                var set = set
                set.set.overlays["f"] = overlay(share)
                return try set.compiled()
            }()
            let given = Set(
                (0..<2000).filter {
                    snapshot.answer("f", "user-\($0)", [("company", .string("c-\($0)"))]) == "on"
                })
            #expect(given.isSuperset(of: before), "\(share)")
            let kept = more.contains("holdouts") ? 0.9 : 1
            #expect(abs(Double(given.count) / 2000 - share / 100 * kept) < 0.03, "\(share): \(given.count)")
            before = given
        }
    }

    @Test("rules come first, and those whom they answer are not drawn")
    func rules() throws {
        let set = try set(#", targeting: { if: [{ "==": [{ var: country }, de] }, on] }"#)
        #expect(try Set(answers(set, 5, [("country", .string("de"))])) == ["on"])
        #expect(try answers(set, 5).count { $0 == "on" } < 200)
        var overlaid = set.set
        overlaid.overlays["f"] = overlay(5)
        let served = try #require(overlaid.lowered().flags["f"])
        #expect(served["metadata"]?["halcyon.rollout"]?.value == .string("f@production-1"))
        #expect(served["metadata"]?["halcyon.rules"]?.wholeNumber == 1)
    }

    @Test("without a share the flag is served as it is; on the way back of a settled one everybody has what was before")
    func gone() throws {
        let set = try set("")
        let plain = set.set.lowered().flags["f"]
        var waiting = set.set
        waiting.overlays["f"] = overlay(0)
        #expect(waiting.lowered().flags["f"] == plain)
        var back = set.set
        back.flags["f"] = back.flags["f"]?.settled(on: "on")
        back.overlays["f"] = overlay(0)
        let snapshot = try #require(FlagSnapshot.compile(back.lowered().node, file: "").snapshot)
        #expect(snapshot.answer("f", "anybody") == "off")
    }

    @Test("a change of the share alone is compiled anew, and nothing else is")
    func reuse() throws {
        var set = try TestSet(
            "flags:\n  f: { state: ENABLED, \(OverlayTests.onOff) }\n  g: { state: ENABLED, \(OverlayTests.onOff) }"
        ).set
        let old = set.lowered()
        set.overlays["f"] = overlay(5)
        #expect(set.lowered(reusing: old).changed == ["f"])
    }

    @Test("what a rollout ends with is the default, or what follows the rules where something keeps callers out")
    func settled() throws {
        let plain = try #require(try set("").set.flags["f"])
        #expect(plain.settled(on: "on").defaultVariant == "on")
        #expect(plain.settled(on: "on").settled(on: "off").node.jsonText == plain.node.jsonText)
        let guarded = try #require(try set(", layer: { name: l, from: 0, to: 100 }").set.flags["f"])
        #expect(guarded.settled(on: "on").defaultVariant == "off")
        #expect(guarded.settled(on: "on").commonVariant == "on")
        #expect(guarded.settled(on: "on").settled(on: "off") == guarded)
    }

    @Test(
        "what cannot be rolled out is refused with what to do",
        arguments: [
            (", archived: true", "on", "is archived"),
            (", state: DISABLED", "on", "is off"),
            ("", "onn", "no variant 'onn'"),
            (#", ramp: { to: on, steps: [{ share: 5%, after: 1h }] }"#, "on", "a ramp raises shares"),
            (#", schedule: [{ at: "2090-01-01T00:00:00Z", set: { state: DISABLED } }]"#, "on", "is scheduled"),
            (", targeting: { fractional: [[on, 20], [off, 80]] }", "on", "would replace"),
        ])
    func refused(more: String, to: String, words: String) throws {
        let state = more.contains("state: DISABLED") ? more.replacing(", state: DISABLED", with: "") : more
        let yaml = "flags:\n  f: { state: \(state == more ? "ENABLED" : "DISABLED"), \(OverlayTests.onOff)\(state) }"
        let flag = try #require(try TestSet(yaml).set.flags["f"])
        do throws(FlagEditProblem) {
            _ = try flag.replaced(by: to)
            Issue.record("it was not refused")
        } catch {
            #expect(error.message.contains(words), "\(error)")
            #expect(error.hint != nil)
        }
    }
}
