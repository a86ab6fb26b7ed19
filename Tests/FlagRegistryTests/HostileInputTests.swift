import FlagSpecs
import Flags
import HalcyonTesting
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("What nobody means to write")
struct HostileInputTests {
    private func put(_ members: String) -> FlagEdit {
        FlagEdit(
            .put,
            document:
                #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", \#(members)}"#)
    }

    @Test("an error behind two hundred warnings is found, and nothing is applied")
    func manyWarnings() async throws {
        let world = try await World()
        let unknown = (0..<250).map { "\"m\($0)\": 1" }.joined(separator: ", ")
        let bad =
            #"{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}, \#(unknown), "#
            + #""layer": {"name": "l", "from": 9, "to": 3}}}}"#
        await #expect(throws: Problem.self) { try await world.apply(bad) }
        #expect(try world.answer("a") == "(not found)")
        await #expect(throws: Problem.self) {
            try await world.change("a", FlagEdit(.put, document: bad))
        }
    }

    @Test("segments that grow with each other are refused at once")
    func growth() async throws {
        let world = try await World()
        var rules = [#""s0": {"==": [{"var": "a"}, 1]}"#]
        for number in 1...12 {
            let eight = Array(repeating: #"{"$ref": "s\#(number - 1)"}"#, count: 8).joined(separator: ", ")
            rules.append(#""s\#(number)": {"or": [\#(eight)]}"#)
        }
        let flag = #""f": {"state": "ENABLED", "variants": {"on": true}, "targeting": {"if": [{"$ref": "s12"}, "on"]}}"#
        let file = #"{"flags": {\#(flag)}, "$evaluators": {\#(rules.joined(separator: ", "))}}"#
        await #expect(throws: Problem.self) { try await world.apply(file) }
        #expect(try world.answer("f") == "(not found)")
    }

    @Test("a ramp that stands outside of its steps is refused", arguments: ["-5", "2", "9223372036854775807"])
    func ramp(step: String) async throws {
        let world = try await World()
        let ramp = #"{"to": "on", "steps": [{"share": "5%", "after": "1h"}], "step": \#(step)}"#
        await #expect(throws: Problem.self) { try await world.change("a", put(#""ramp": \#(ramp)"#)) }
        let scheduled = #""schedule": [{"at": "2020-01-01T00:00:00Z", "set": {"ramp": \#(ramp)}}]"#
        await #expect(throws: Problem.self) { try await world.change("a", put(scheduled)) }
        let empty = #""ramp": {"to": "on", "steps": [], "step": \#(step)}"#
        await #expect(throws: Problem.self) {
            try await world.change("a", put(empty), FlagEdit(.endRamp, keep: true))
        }
    }

    @Test("steps of a ramp cannot take longer than time lasts")
    func longRamp() async throws {
        let world = try await World()
        let step = #"{"share": "5%", "after": "106751991167d"}, {"share": "6%", "after": "106751991167d"}"#
        await #expect(throws: Problem.self) {
            try await world.change("a", put(#""ramp": {"to": "on", "steps": [\#(step)]}"#))
        }
    }

    @Test(
        "a rule or a scheduled change of any number that there is not is refused",
        arguments: [Int.min, -1, 0, 2, Int.max])
    func index(_ index: Int) async throws {
        let world = try await World()
        let schedule = #"[{"at": "2030-01-01T00:00:00Z", "set": {"state": "DISABLED"}}]"#
        try await world.make("a", #""targeting": {"if": [true, "on"]}, "schedule": \#(schedule)"#)
        for action in [FlagEdit.Action.untarget, .unschedule] {
            var edit = FlagEdit(action)
            edit.index = index
            await #expect(throws: Problem.self) { try await world.change("a", edit) }
        }
    }

    @Test("counts beyond all reason are refused, and sums stay numbers")
    func counts() async throws {
        let world = try await World()
        try await world.make("a")
        func report(_ count: Int64) async throws {
            let counts = [SDKUsageReport.Count(flag: "a", variant: "on", count: count)]
            try await world.flags.report(environment: "production", SDKUsageReport(counts: counts))
        }
        for count in [Int64.max, Int64.min, -1, 1_000_000_000_001] {
            await #expect(throws: Problem.self) { try await report(count) }
        }
        for _ in 0..<20 { try await report(1_000_000_000_000) }
        #expect(try await world.flags.usage(environment: "production", flag: "a").first?.total == 20_000_000_000_000)
    }

    @Test("counts of an earlier release that went over are taken for what they can be")
    func storedCounts() async throws {
        let world = try await World()
        try await world.make("a")
        let variants = ["on": Int64.max, "off": Int64.min].mapValues {
            UsageRecord.Variant(count: $0, lastAt: world.now)
        }
        let record = UsageRecord(since: world.now, flags: ["a": variants, "gone": variants])
        let write = Write.put(DocumentKey(FlagCollection.usage, "production"), Codec.encode(record))
        _ = try await world.store.commit(Transaction(writes: [write]))
        try await world.restart()
        let counts = [SDKUsageReport.Count(flag: "a", variant: "on", count: 5)]
        try await world.flags.report(environment: "production", SDKUsageReport(counts: counts))
        #expect(try await world.flags.usage(environment: "production", flag: "a").first?.total == .max)
        await (try world.flags).finish()
        try await world.restart()
        #expect(try await world.flags.usage(environment: "production", flag: nil).map(\.key) == ["a"])
    }

    @Test("two keys that differ only in how an accent is encoded do not take each other's place")
    func accents() async throws {
        let world = try await World()
        try await world.make("caf\u{e9}")
        await #expect(throws: Problem.self) { try await world.make("cafe\u{301}", #""owner": "shop""#) }
        #expect(try world.answer("caf\u{e9}") == "off")
    }
}
