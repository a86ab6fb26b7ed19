import Documents
import Flags
import Testing
import Values

@testable import FlagSpecs

@Suite("Edits of a flag")
struct EditTests {
    private func flag(_ json: String = "") throws -> ManagedFlag {
        let more = json.isEmpty ? "" : ", \(json)"
        let text = #"{"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"\#(more)}"#
        return ManagedFlag(key: "f", node: try node(text))
    }

    private func apply(_ edit: FlagEdit, to flag: ManagedFlag?, now: Timestamp = .epoch) throws -> ManagedFlag {
        let result = try edit.applied(to: flag, key: "f", now: now) { (text, what) throws(FlagEditProblem) in
            guard let node = JSONParser.parse(Array(text.utf8), file: what).node else { throw FlagEditProblem(what) }
            return node
        }
        return try #require(result)
    }

    @Test("switches keep everything else, and the order of the members")
    func switches() throws {
        let on = try apply(FlagEdit(.on), to: flag(#""owner": "me""#))
        #expect(
            on.node.jsonText
                == #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","owner":"me"}"#)
        #expect(on.differences(from: try flag(#""owner": "me""#)) == ["state: DISABLED → ENABLED"])
    }

    @Test("rules are added in front, behind and by number, and taken away")
    func rules() throws {
        var flag = try apply(FlagEdit(.target, variant: "on", when: #"{"var": "a"}"#), to: flag())
        flag = try apply(FlagEdit(.target, variant: "off", when: #"{"var": "b"}"#), to: flag)
        flag = try apply(FlagEdit(.target, variant: "on", when: #"{"var": "c"}"#, index: 1), to: flag)
        #expect(flag.ruleLines == ["c → on", "a → on", "b → off", "otherwise → off"])
        flag = try apply(FlagEdit(.untarget, index: 2), to: flag)
        #expect(flag.ruleLines == ["c → on", "b → off", "otherwise → off"])
        #expect(throws: FlagEditProblem.self) { try apply(FlagEdit(.untarget, index: 3), to: flag) }
        let problem = #expect(throws: FlagEditProblem.self) {
            try apply(FlagEdit(.target, variant: "onn", when: "true"), to: flag)
        }
        #expect(problem?.hint == "did you mean 'on'?")
    }

    @Test("a rollout replaces the share and leaves the rules")
    func rollout() throws {
        var flag = try apply(FlagEdit(.target, variant: "on", when: #"{"var": "a"}"#), to: flag())
        flag = try apply(FlagEdit(.rollout, variant: "on", share: "20%"), to: flag)
        #expect(flag["targeting"]?.jsonText == #"{"if":[{"var":"a"},"on",{"fractional":[["on",20],["off",80]]}]}"#)
        flag = try apply(FlagEdit(.rollout, variant: "on", share: "0.5%"), to: flag)
        #expect(flag["targeting"]?.jsonText == #"{"if":[{"var":"a"},"on",{"fractional":[["on",5],["off",995]]}]}"#)
        flag = try apply(FlagEdit(.rollout, variant: "on", share: "100%"), to: flag)
        #expect(flag["targeting"]?.jsonText == #"{"if":[{"var":"a"},"on","on"]}"#)
        flag = try apply(FlagEdit(.rollout, variant: "off", share: "30%"), to: flag)
        #expect(flag.ruleLines.last == "otherwise → 30% off, 70% on")
        #expect(throws: FlagEditProblem.self) { try apply(FlagEdit(.rollout, variant: "on", share: "20"), to: flag) }
        #expect(throws: FlagEditProblem.self) { try apply(FlagEdit(.rollout, variant: "on", share: "120%"), to: flag) }
        let expression = try self.flag(#""targeting": {"==": [{"var": "a"}, 1]}"#)
        #expect(throws: FlagEditProblem.self) {
            try apply(FlagEdit(.rollout, variant: "on", share: "20%"), to: expression)
        }
    }

    @Test("scheduled changes happen in their order, late ones too, and only once")
    func schedule() throws {
        let members = #"{"state": "ENABLED"}"#
        var flag = try apply(FlagEdit(.schedule, document: members, at: "2026-12-01T09:00:00Z"), to: flag())
        let rollout = #"{"rollout": {"to": "on", "share": "50%"}}"#
        flag = try apply(FlagEdit(.schedule, document: rollout, at: "2026-11-30T09:00:00Z"), to: flag)
        #expect(flag.nextChangeAt == Timestamp("2026-11-30T09:00:00Z"))
        var early = flag
        #expect(early.advance(to: try time("2026-11-30T08:59:59Z")).isEmpty && early == flag)
        let done = flag.advance(to: try time("2026-12-24T00:00:00Z"))
        #expect(
            done == [
                "the change scheduled for 2026-11-30T09:00:00.000Z",
                "the change scheduled for 2026-12-01T09:00:00.000Z",
            ]
                || done.count == 2, "\(done)")
        #expect(flag.isEnabled && flag["schedule"] == nil && flag.nextChangeAt == nil)
        #expect(flag["targeting"]?.jsonText == #"{"fractional":[["on",50],["off",50]]}"#)
        #expect(flag.advance(to: try time("2027-01-01T00:00:00Z")).isEmpty)
    }

    @Test("a ramp rises step by step, catches up, and goes on when its file is read again")
    func ramp() throws {
        let start = try time("2026-12-01T00:00:00Z")
        let steps = [
            FlagRampStep(share: "5%", after: "0s"), FlagRampStep(share: "50%", after: "1h"),
            FlagRampStep(share: "100%", after: "2h"),
        ]
        let author = try apply(FlagEdit(.ramp, variant: "on", steps: steps), to: flag(), now: start)
        var flag = author
        #expect(flag.ramp?.share == Percentage(0))
        #expect(flag.advance(to: start).count == 1)
        #expect(flag.ramp?.share == Percentage(5) && flag.nextChangeAt == start + .hours(1))
        #expect(flag.advance(to: start + .minutes(59)).isEmpty)
        #expect(flag.advance(to: start + .hours(1)).count == 1 && flag.ramp?.share == Percentage(50))
        var late = flag
        #expect(late.advance(to: start + .hours(30)).count == 1)
        #expect(late.ramp?.isOver == true && late.nextChangeAt == nil)
        var again = author
        again["ramp"] = try node(
            #"{"to": "on", "steps": [{"share": "5%", "after": "0s"}, {"share": "50%", "after": "1h"}, {"share": "100%", "after": "2h"}]}"#
        )
        let resumed = again.resumed(from: flag, at: start + .minutes(70))
        #expect(resumed.ramp == flag.ramp)
        let kept = try apply(FlagEdit(.endRamp, keep: true), to: flag)
        #expect(kept["ramp"] == nil)
        #expect(kept["targeting"]?.jsonText == #"{"fractional":[["on",50],["off",50]]}"#)
        #expect(try apply(FlagEdit(.endRamp), to: flag)["targeting"] == nil)
    }

    @Test("who is in a ramp stays in when it rises")
    func rampIsMonotonic() throws {
        var inside: Set<Int> = []
        for step in 1...4 {
            let snapshot = try TestSet(
                """
                flags:
                  f:
                    state: ENABLED
                    variants: { on: true, off: false }
                    defaultVariant: off
                    targeting: { if: [{ var: blocked }, off] }
                    ramp:
                      to: on
                      startedAt: 2026-12-01T00:00:00Z
                      step: \(step)
                      steps: [{ share: 5%, after: 0s }, { share: 12.5%, after: 1h }, { share: 50%, after: 1h }, { share: 100%, after: 1h }]
                """
            ).compiled()
            let now = Set((0..<2000).filter { snapshot.answer("f", "u\($0)") == "on" })
            #expect(inside.isSubset(of: now))
            inside = now
            #expect(snapshot.answer("f", "u1", [("blocked", .bool(true))]) == "off")
        }
        #expect(inside.count == 2000)
    }

    @Test("an archived flag is left alone until it is brought back")
    func archive() throws {
        let archived = try apply(FlagEdit(.archive), to: flag())
        #expect(throws: FlagEditProblem.self) { try apply(FlagEdit(.on), to: archived) }
        #expect(try apply(FlagEdit(.unarchive), to: archived) == flag())
        #expect(throws: FlagEditProblem.self) { try apply(FlagEdit(.on), to: nil) }
    }
}
