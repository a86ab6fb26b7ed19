import FlagSpecs
import Flags
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("Changes of flags")
struct ChangeTests {
    @Test("a change is stored, served, announced with its keys, and in the history and the audit trail")
    func change() async throws {
        let world = try await World()
        let listener = Listener()
        try world.feed().subscribe(listener)
        let made = try await world.make("checkout", #""targeting": {"if": [true, "on"]}"#)
        #expect(try world.answer("checkout") == "on")
        let off = try await world.change("checkout", FlagEdit(.off), reason: "too slow")
        #expect(off.outcome == .changed && off.diff == ["state: ENABLED → DISABLED"])
        #expect(try world.answer("checkout") == "(none)")
        #expect(
            listener.changes.map { $0.changed.map { "\($0.key) \($0.kind.rawValue)" } } == [
                ["checkout write"], ["checkout update"],
            ])
        let history = try await world.flags.history(environment: "production", flag: "checkout", before: nil, limit: 10)
        #expect(history.map(\.action) == ["off", "put"])
        #expect(history[0].reason == "too slow" && history[0].by == "ann")
        #expect(history[0].revision > made.revision)
        #expect(world.trail.lines.map(\.action).suffix(2) == ["flag.put", "flag.off"])
        #expect(world.trail.lines.last?.subject == "flag/production/checkout")
        try await world.restart()
        #expect(try world.answer("checkout") == "(none)")
        #expect(try await world.flags.flag("checkout", environment: "production").state == "DISABLED")
    }

    @Test("nothing is stored by a change that changes nothing, or by a dry run")
    func nothing() async throws {
        let world = try await World()
        let made = try await world.make("f")
        #expect(try await world.change("f", FlagEdit(.on)).outcome == .unchanged)
        let dry = try await world.change("f", FlagEdit(.off), dryRun: true)
        #expect(dry.dryRun && dry.diff.count == 1 && dry.flag?.state == "DISABLED")
        #expect(try await world.flags.flag("f", environment: "production").revision == made.revision)
    }

    @Test("a write on an older revision is a conflict that says what happened in between")
    func staleWrite() async throws {
        let world = try await World()
        let made = try await world.make("f")
        try await world.change(
            "f", FlagEdit(.rollout, variant: "on", share: "20%"), reason: "first step", by: World.ben)
        let problem = await #expect(throws: Problem.self) {
            try await world.change("f", FlagEdit(.off), revision: made.revision)
        }
        #expect(problem?.kind == .conflict)
        #expect(problem?.message.contains("ben: rollout (first step)") == true, "\(String(describing: problem))")
        #expect(problem?.message.contains("targeting: everybody else: the default → 20% on, 80% off") == true)
        #expect(try await world.flags.flag("f", environment: "production").state == "ENABLED")
        let new = await #expect(throws: Problem.self) {
            try await world.change("f", FlagEdit(.put, document: "{}"), revision: 0)
        }
        #expect(new?.kind == .conflict)
    }

    @Test("a set that does not compile is refused whole, with the place, and the old one goes on")
    func refused() async throws {
        let world = try await World()
        try await world.make("f", #""targeting": {"if": [true, "on"]}"#)
        let bad = [
            #"{"if": [{"no_such": [1]}, "on"]}"#, #"{"if": [{"$ref": "nobody"}, "on"]}"#, #"{"if": [true, "onn"]}"#,
            #"{"fractional": [["on", 2147483647], ["off", 1]]}"#, #"{"fractional": [["on", 0]]}"#, #""on""#, "[1]",
        ]
        for targeting in bad {
            let problem = await #expect(throws: Problem.self, "\(targeting)") {
                try await world.change("f", FlagEdit(.targeting, document: targeting))
            }
            #expect(problem?.kind == .invalid, "\(targeting)")
            #expect(problem?.places.first?.path.hasPrefix("flags.f.targeting") == true, "\(targeting)")
        }
        #expect(try world.answer("f") == "on")
        #expect(try await world.flags.history(environment: "production", flag: "f", before: nil, limit: 10).count == 1)
    }

    @Test("a file of one flag is refused with its own lines")
    func fileOfOne() async throws {
        let world = try await World()
        let text = "state: ENABLED\nvariants: { on: true, off: 1 }\ntargeting:\n  if: [{ strats_with: [a, b] }, onn]\n"
        let problem = await #expect(throws: Problem.self) {
            try await world.change("f", FlagEdit(.put, document: text.replacing("onn", with: "on"), file: "f.yaml"))
        }
        #expect(
            problem?.places.map { "\($0.file):\($0.line)" } == ["f.yaml:2", "f.yaml:4"],
            "\(String(describing: problem))")
        #expect(problem?.description.contains("did you mean 'starts_with'?") == true)
        let missing = await #expect(throws: Problem.self) {
            try await world.change("f", FlagEdit(.put, document: text, file: "f.yaml"))
        }
        #expect(
            missing?.places.map { "\($0.file):\($0.line):\($0.column)" } == ["f.yaml:4:33"],
            "\(String(describing: missing))")
    }

    @Test("a segment that a flag uses stays")
    func segmentInUse() async throws {
        let world = try await World()
        try await world.apply("kind: Segment\nname: staff\nrule: { var: staff }")
        try await world.make("f", #""targeting": {"if": [{"$ref": "staff"}, "on"]}"#)
        let problem = await #expect(throws: Problem.self) {
            try await world.flags.deleteSegment("staff", environment: "production", by: World.ann)
        }
        #expect(problem?.kind == .conflict && problem?.message.contains("used by f") == true)
        try await world.change("f", FlagEdit(.delete))
        try await world.flags.deleteSegment("staff", environment: "production", by: World.ann)
    }

    @Test("a ramp or a time that means nothing is refused")
    func nonsense() async throws {
        let world = try await World()
        try await world.make("f")
        let edits = [
            FlagEdit(.ramp, variant: "on", steps: [FlagRampStep(share: "50%", after: "soon")]),
            FlagEdit(.ramp, variant: "on", steps: [FlagRampStep(share: "half", after: "1h")]),
            FlagEdit(.schedule, document: #"{"state": "DISABLED"}"#, at: "\(world.now)"),
        ]
        for edit in edits { await #expect(throws: Problem.self) { try await world.change("f", edit) } }
        await #expect(throws: Problem.self) {
            try await world.flags.history(environment: "production", flag: "g", before: nil, limit: 1)
        }
    }

    @Test("differences are told as people read them")
    func differences() async throws {
        let world = try await World()
        try await world.make("f")
        let rule = FlagEdit(.target, variant: "on", when: #"{"==": [{"var": "country"}, "de"]}"#)
        #expect(try await world.change("f", rule).diff == [#"targeting: rule 1 added: country is "de" → on"#])
        #expect(
            try await world.change("f", FlagEdit(.rollout, variant: "on", share: "20%")).diff == [
                "targeting: everybody else: the default → 20% on, 80% off"
            ])
        #expect(
            try await world.change("f", FlagEdit(.untarget, index: 1)).diff == [
                #"targeting: rule 1 removed: country is "de" → on"#
            ])
        let steps = [FlagRampStep(share: "10%", after: "0s"), FlagRampStep(share: "50%", after: "1h")]
        #expect(
            try await world.change("f", FlagEdit(.ramp, variant: "on", steps: steps)).diff == [
                "ramp: begun: on for 10% at once, 50% after 1h"
            ])
        world.pass(.hours(1))
        try await world.tick()
        let newest = try await world.flags.history(environment: "production", flag: "f", before: nil, limit: 1)
        #expect(newest[0].diff == ["ramp: step 2 of 2: on for 10% → 50%"])
        let at = world.now + .hours(1)
        #expect(
            try await world.change("f", FlagEdit(.schedule, document: #"{"state": "DISABLED"}"#, at: "\(at)")).diff == [
                "schedule: added \(at): state DISABLED"
            ])
        #expect(try await world.change("f", FlagEdit(.unschedule)).diff == ["schedule: removed \(at): state DISABLED"])
        #expect(
            try await world.change("f", FlagEdit(.rollout, variant: "on", share: "100%")).flag?.summary == "on")
        #expect(try world.answer("f") == "on")
        #expect(
            try await world.change("f", FlagEdit(.rollout, variant: "on", share: "0%")).flag?.served.contains(
                "targeting")
                == false)
    }

    @Test("a scheduled change that could not be made is refused at once")
    func badSchedule() async throws {
        let world = try await World()
        try await world.make("f")
        for set in [
            #"{"targeting": {"no_such": [1]}}"#, #"{"targeting": {"if": [true, "onn"]}}"#, #"{"targeting": 7}"#,
        ] {
            let edit = FlagEdit(.schedule, document: set, at: "\(world.now + .hours(1))")
            let problem = await #expect(throws: Problem.self, "\(set)") { try await world.change("f", edit) }
            #expect(problem?.places.first?.path.contains("targeting") == true, "\(String(describing: problem))")
        }
    }

    @Test("revert goes back by one or to a revision, and brings back what was deleted")
    func revert() async throws {
        let world = try await World()
        let made = try await world.make("f")
        try await world.change("f", FlagEdit(.off))
        try await world.change("f", FlagEdit(.defaultVariant, variant: "on"))
        let back = try await world.flags.revert(
            flag: "f", environment: "production", FlagRevertRequest(), by: World.ann)
        #expect(back.diff == ["defaultVariant: on → off"] && back.flag?.state == "DISABLED")
        let first = try await world.flags.revert(
            flag: "f", environment: "production", FlagRevertRequest(to: made.revision), by: World.ann)
        #expect(first.flag?.document == made.document)
        try await world.change("f", FlagEdit(.delete))
        #expect(try world.answer("f") == "(not found)")
        let undone = try await world.flags.revert(
            flag: "f", environment: "production", FlagRevertRequest(), by: World.ann)
        #expect(undone.flag?.document == made.document)
        let problem = await #expect(throws: Problem.self) {
            try await world.flags.revert(
                flag: "f", environment: "production", FlagRevertRequest(to: 999), by: World.ann)
        }
        #expect(problem?.kind == .notFound)
    }

    @Test("a store that cannot write loses nothing and serves on")
    func failingStore() async throws {
        let world = try await World()
        try await world.make("f", #""targeting": {"if": [true, "on"]}"#)
        world.trail.fail(true)
        await #expect(throws: Problem.self) { try await world.change("f", FlagEdit(.off)) }
        #expect(try world.answer("f") == "on")
        world.trail.fail(false)
        try await world.change("f", FlagEdit(.off))
        #expect(try world.answer("f") == "(none)")
    }

    @Test("flags are found by key, owner, tag and description")
    func search() async throws {
        let world = try await World()
        try await world.make("checkout", #""owner": "shop", "tags": ["x"]"#)
        try await world.make("banner", #""description": "The checkout's banner", "archived": true"#)
        func keys(_ query: FlagQuery) async throws -> [String] {
            try await world.flags.flags(environment: "production", query: query).map(\.key)
        }
        #expect(try await keys(FlagQuery()) == ["checkout"])
        #expect(try await keys(FlagQuery(search: "CHECKOUT", archived: true)) == ["banner", "checkout"])
        #expect(try await keys(FlagQuery(tag: "x")) == ["checkout"])
        #expect(try await keys(FlagQuery(owner: "nobody")) == [])
        let problem = await #expect(throws: Problem.self) {
            try await world.flags.flag("chekout", environment: "production")
        }
        #expect(problem?.hint == "did you mean checkout?")
    }

    @Test("keys with slashes and percent signs keep their own history")
    func oddKeys() async throws {
        let world = try await World()
        for key in ["a", "a/b", "a%2Fb", "ä b"] { try await world.make(key) }
        try await world.change("a/b", FlagEdit(.off))
        for (key, count) in [("a", 1), ("a/b", 2), ("a%2Fb", 1), ("ä b", 1)] {
            let events = try await world.flags.history(environment: "production", flag: key, before: nil, limit: 10)
            #expect(events.count == count && events.allSatisfy { $0.key == key })
        }
    }
}
