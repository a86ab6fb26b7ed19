import FlagSpecs
import Flags
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("Files, environments and approvals")
struct ApplyTests {
    private let flags = """
        flags:
          a: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: off, targeting: { if: [{ $ref: staff }, on] } }
          b: { state: ENABLED, variants: { x: 1.0, y: 2 }, defaultVariant: x }
        $evaluators: { staff: { "==": [{ var: targetingKey }, eve] } }
        metadata: { version: "7" }
        """

    @Test("another bucketing is told to move the keys of flags that spread them")
    func bucketing() async throws {
        let world = try await World()
        try await world.make("plain")
        let admin = Principal(name: "root", role: .admin)
        let none = try await world.apply("kind: Environment\nname: production\nbucketing: v2", by: admin)
        #expect(none.map(\.warnings) == [[]])
        try await world.make("half", #""targeting": {"if": [true, {"fractional": [["on", 1], ["off", 1]]}]}"#)
        let some = try await world.apply("kind: Environment\nname: production\nbucketing: v3", by: admin)
        let warning = try #require(some.first?.warnings.first)
        #expect(warning.contains("another variant of half"))
    }

    @Test("a flag file is applied twice without a change, and --prune takes away what it does not hold")
    func twice() async throws {
        let world = try await World()
        try await world.make("old")
        #expect(try await world.apply(flags).map(\.outcome) == [.created, .created, .created])
        #expect(try world.answer("a", "eve") == "on")
        #expect(try await world.apply(flags).allSatisfy { $0.outcome == .unchanged })
        #expect(try await world.apply(flags, dryRun: true, prune: true).map(\.outcome).contains(.deleted))
        #expect(try world.answer("old") == "off")
        #expect(try await world.apply(flags, prune: true).last?.name == "old")
        #expect(try world.answer("old") == "(not found)")
        let export = try await world.flags.export(environment: "production", plain: true).document
        #expect(export.contains("\"x\": 1.0") && export.contains("\"y\": 2\n"), "\(export)")
        try await world.restart()
        #expect(try await world.flags.export(environment: "production", plain: true).document == export)
    }

    @Test("what is wrong is told with file, line and column, and nothing is applied")
    func places() async throws {
        let world = try await World()
        let bad = flags.replacing(
            "defaultVariant: off", with: "defaultVariant: off, layer: { name: x, from: 9, to: 3 }")
        let problem = await #expect(throws: Problem.self) { try await world.apply(bad, file: "bad.yaml") }
        let place = try #require(problem?.places.first)
        #expect(place.file == "bad.yaml" && place.line == 2, "\(place)")
        #expect(try await world.flags.flags(environment: "production", query: FlagQuery()).isEmpty)
    }

    @Test("with --strict a warning about anything in the files refuses them all", arguments: [false, true])
    func strict(dryRun: Bool) async throws {
        let world = try await World()
        let good = "flags: { a: { state: ENABLED, variants: { on: true }, defaultVariant: on } }"
        let wrong = [
            good + "\nflgs: {}", good.replacing("defaultVariant: on", with: "defaultVariant: on, ownr: me"),
            good.replacing("defaultVariant: on", with: "defaultVariant: on, targeting: { nope: [1] }"),
            good.replacing("defaultVariant: on", with: "defaultVariant: on, targeting: { if: [{ var: x }, of] }"),
        ]
        for text in wrong {
            let error = try #require(
                await #expect(throws: Problem.self, "\(text)") {
                    try await world.apply(text, dryRun: dryRun, strict: true)
                })
            #expect(error.message.contains("and --strict takes none"), "\(text): \(error)")
            #expect(error.places.allSatisfy { $0.file == "flags.yaml" && $0.line > 0 }, "\(error)")
            #expect(try await world.flags.flags(environment: "production", query: FlagQuery()).isEmpty)
        }
        // That clients of another generation hash otherwise is nobody's mistake.
        let split = good.replacing(
            "defaultVariant: on", with: "defaultVariant: on, targeting: { fractional: [[on, 1]] }")
        #expect(try await world.apply(split, dryRun: true, strict: true).flatMap(\.warnings).isEmpty)
        #expect(try await world.apply(good, dryRun: dryRun, strict: true).map(\.outcome) == [.created])
        let items = try await world.apply(wrong[0], dryRun: dryRun)
        #expect(items.last?.kind == "File" && items.last?.warnings.first?.contains("did you mean 'flags'?") == true)
    }

    @Test("what flagd takes and answers with an error is taken, with a warning that says where it is")
    func tolerated() async throws {
        let world = try await World()
        let bad = flags.replacing("$ref: staff", with: "$ref: stuff").replacing("x: 1.0, y: 2", with: "x: 1.0, y: z")
            .replacing("staff }, on]", with: "staff }, onn]")
        let items = try await world.apply(bad.replacing("stuff }, on]", with: "stuff }, onn]"), file: "odd.yaml")
        let warnings = items.flatMap(\.warnings)
        for part in [
            "odd.yaml:2:", "'stuff' is not there", "did you mean 'staff'?", "'onn'", "odd.yaml:3:", "several kinds",
        ] {
            #expect(warnings.contains { $0.contains(part) }, "\(part): \(warnings)")
        }
        // What was so before does not stand in the way of an edit; making it worse does.
        #expect(try await world.change("a", FlagEdit(.off)).outcome == .changed)
        await #expect(throws: Problem.self) {
            try await world.change("a", FlagEdit(.target, variant: "on", when: #"{"nope": 1}"#))
        }
    }

    @Test("a watched file owns its flags, replaces what it brought, and a bad one changes nothing")
    func watched() async throws {
        let world = try await World()
        let registry = try world.flags
        registry.watch([("staging", "f.yaml")])
        func bring(_ text: String) async throws -> [ApplyAnswer.Item] {
            try await registry.bring(
                ApplyRequest.File(name: "f.yaml", text: text), environment: "staging", by: World.ann)
        }
        _ = try await bring(flags)
        #expect(try world.answer("a", "eve", in: "staging") == "on")
        let owned = await #expect(throws: Problem.self) { try await world.change("a", FlagEdit(.off), in: "staging") }
        #expect(owned?.kind == .refused && owned?.message.contains("f.yaml") == true)
        await #expect(throws: Problem.self) { try await bring(flags.replacing("ENABLED", with: "ENABLD")) }
        await #expect(throws: Problem.self) { try await bring("flags: [") }
        #expect(try world.answer("a", "eve", in: "staging") == "on")
        let one = "flags:\n  b: { state: ENABLED, variants: { x: 1, y: 2 }, defaultVariant: y }"
        #expect(try await bring(one).filter { $0.outcome == .deleted }.count == 2)
        #expect(try world.answer("a", in: "staging") == "(not found)" && world.answer("b", in: "staging") == "y")
        // Whose file is not watched any more may be changed by anybody.
        registry.watch([])
        #expect(try await world.change("b", FlagEdit(.off), in: "staging").outcome == .changed)
    }

    @Test("where approvals are asked for, a change waits for somebody else, on an unchanged flag")
    func approvals() async throws {
        let world = try await World()
        try await world.apply("kind: Environment\nname: staging\napprovals: 1")
        let proposed = try await world.change(
            "f", FlagEdit(.put, document: #"{"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}"#),
            in: "staging", reason: "needed")
        #expect(proposed.outcome == .proposed)
        #expect(try world.answer("f", in: "staging") == "(not found)")
        let id = try #require(proposed.proposal?.id)
        let own = await #expect(throws: Problem.self) {
            try await world.flags.approve(proposal: id, reason: "", by: World.ann)
        }
        #expect(own?.kind == .refused)
        let approved = try await world.flags.approve(proposal: id, reason: "fine", by: World.ben)
        #expect(approved.state == .applied && approved.decidedBy == "ben")
        #expect(try world.answer("f", in: "staging") == "on")
        let event = try await world.flags.history(environment: "staging", flag: "f", before: nil, limit: 1)[0]
        #expect(event.by == "ann" && event.approvedBy == "ben" && event.reason == "needed")
        // Two proposals of the same state: only one of them can be meant.
        let ids = try await [FlagEdit(.off), FlagEdit(.archive)].asyncMap {
            try #require(try await world.change("f", $0, in: "staging").proposal?.id)
        }
        _ = try await world.flags.approve(proposal: ids[0], reason: "", by: World.ben)
        let late = await #expect(throws: Problem.self) {
            try await world.flags.approve(proposal: ids[1], reason: "", by: World.ben)
        }
        #expect(late?.message.contains("has changed since") == true)
        #expect(try await world.flags.reject(proposal: ids[1], reason: "late", by: World.ann).state == .rejected)
        #expect(try await world.flags.proposals(environment: nil, open: true).isEmpty)
    }

    @Test("the history of a flag leaves out a segment of the same name")
    func sameName() async throws {
        let world = try await World()
        _ = try await world.make("staff")
        try await world.apply("kind: Segment\nname: staff\nrule: {var: staff}")
        func kinds(_ flag: String?) async throws -> [String] {
            try await world.flags.history(environment: "production", flag: flag, before: nil, limit: 2).map(\.kind)
        }
        #expect(try await kinds("staff") == ["flag"])
        #expect(try await kinds(nil) == ["segment", "flag"])
    }

    @Test("a copy takes the segments along, and leaves schedules behind")
    func copy() async throws {
        let world = try await World()
        try await world.apply(flags)
        try await world.apply("kind: Environment\nname: staging")
        let at = world.now + .hours(1)
        try await world.change("a", FlagEdit(.schedule, document: #"{"state": "DISABLED"}"#, at: "\(at)"))
        let request = FlagCopyRequest(from: "production", keys: ["a"])
        let answer = try await world.flags.copy(to: "staging", request, by: World.ann)
        #expect(answer.items.map(\.name) == ["staff", "a"])
        #expect(
            try world.answer("a", "eve", in: "staging") == "on" && world.answer("b", in: "staging") == "(not found)")
        let copied = try await world.flags.flag("a", environment: "staging")
        #expect(copied.nextChangeAt == nil && !copied.document.contains("schedule"))
    }

    @Test("a token of an SDK opens its environment only")
    func access() async throws {
        let world = try await World()
        try await world.apply("kind: Environment\nname: staging")
        func admit(_ token: String?, _ selector: String?) throws -> String {
            switch try world.flags.admit(token: token, selector: selector) {
            case .environment(let feed): return feed.name
            case .unauthenticated: return "unauthenticated"
            case .forbidden: return "forbidden"
            case .unknownEnvironment(let name, let nearest): return "no \(name), \(nearest ?? "-")"
            }
        }
        #expect(try admit(nil, nil) == "unauthenticated" && admit("wrong", nil) == "unauthenticated")
        #expect(try admit("staging-sdk", nil) == "staging" && admit("staging-sdk", "flagSetId=staging") == "staging")
        #expect(try admit("staging-sdk", "production") == "forbidden")
        #expect(try admit("viewer", nil) == "production" && admit("viewer", "staging") == "staging")
        #expect(try admit("viewer", "stagign") == "no stagign, staging")
        #expect(try admit("agent", nil) == "forbidden")
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
