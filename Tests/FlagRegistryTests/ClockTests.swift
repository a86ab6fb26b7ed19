import FlagSpecs
import Flags
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("What happens by itself")
struct ClockTests {
    @Test("a scheduled change is made at its time, once, also after a restart that missed it")
    func schedule() async throws {
        let world = try await World()
        try await world.make("f", #""targeting": {"if": [true, "on"]}"#)
        let at = world.now + .hours(1)
        try await world.change("f", FlagEdit(.schedule, document: #"{"state": "DISABLED"}"#, at: "\(at)"))
        try await world.tick()
        #expect(try world.answer("f") == "on")
        #expect(try await world.flags.flag("f", environment: "production").nextChangeAt == at)
        world.pass(.hours(3))
        try await world.restart()
        try await world.tick()
        try await world.tick()
        #expect(try world.answer("f") == "(none)")
        let history = try await world.flags.history(environment: "production", flag: "f", before: nil, limit: 10)
        #expect(history.map(\.action) == ["scheduled", "schedule", "put"])
        #expect(history[0].by == "halcyon" && history[0].reason.contains("the change scheduled for"))
    }

    @Test("a ramp survives restarts at every step")
    func ramp() async throws {
        let world = try await World()
        try await world.make("f")
        let steps = [("10%", "0s"), ("50%", "1h"), ("100%", "1h")].map { FlagRampStep(share: $0.0, after: $0.1) }
        try await world.change("f", FlagEdit(.ramp, variant: "on", steps: steps))
        var shares: [Int] = []
        for _ in 0..<4 {
            try await world.restart()
            try await world.tick()
            shares.append(try (0..<500).filter { try world.answer("f", "u\($0)") == "on" }.count)
            world.pass(.hours(1))
        }
        #expect((30...70).contains(shares[0]) && (210...290).contains(shares[1]))
        #expect(shares[2] == 500 && shares[3] == 500)
        let history = try await world.flags.history(environment: "production", flag: "f", before: nil, limit: 10)
        // The step that is due at once is taken with the ramp itself.
        #expect(history.map(\.action) == ["scheduled", "scheduled", "ramp", "put"])
    }

    @Test("a change that has become wrong is given up, and says so")
    func wrong() async throws {
        let world = try await World()
        try await world.make("f", #""targeting": {"if": [true, "on"]}"#)
        try await world.make("child", #""prerequisites": [{"flag": "f", "variant": "on"}]"#)
        let at = world.now + .hours(1)
        try await world.change("f", FlagEdit(.schedule, document: #"{"archived": true}"#, at: "\(at)"))
        world.pass(.hours(2))
        try await world.tick()
        #expect(try world.answer("f") == "on")
        let newest = try await world.flags.history(environment: "production", flag: "f", before: nil, limit: 1)[0]
        #expect(newest.action == "unscheduled" && newest.reason.contains("archived"), "\(newest)")
        #expect(try await world.flags.flag("f", environment: "production").nextChangeAt == nil)
    }

    @Test("evaluations are counted, kept over a restart, and tell which flags are stale")
    func usage() async throws {
        let world = try await World()
        for key in ["used", "one-sided", "unused"] { try await world.make(key) }
        try await world.make("expired", #""expires": "2020-01-01""#)
        let feed = try world.feed()
        func count(_ key: String, _ variant: Int32, _ times: Int) throws {
            let snapshot = feed.cell.snapshot
            let flag = try #require(snapshot.index(of: key))
            for _ in 0..<times { feed.count(flag: flag, variant: variant, of: snapshot) }
        }
        try count("used", 0, 3)
        // A set that is replaced goes on counting for those who hold it.
        let old = feed.cell.snapshot
        try await world.change("unused", FlagEdit(.describe, owner: "me"))
        old.counters.count(flag: try #require(old.index(of: "used")), variant: 1)
        try await world.flags.report(
            environment: "production",
            SDKUsageReport(counts: [
                .init(flag: "used", variant: "on", count: 4), .init(flag: "nobody", variant: "on", count: 9),
                .init(flag: "used", variant: "nothing", count: 9),
            ]))
        let usage = try await world.flags.usage(environment: "production", flag: "used")[0]
        #expect(usage.total == 8 && usage.variants.map(\.count) == [1, 7] && usage.variants[1].perMinute == 7)
        world.pass(.hours(24 * 31))
        try count("used", 0, 1)
        try count("used", 1, 1)
        try count("one-sided", 1, 1)
        await (try world.flags).finish()
        try await world.restart()
        let stale = try await world.flags.stale(environment: "production", unchangedFor: .hours(24 * 30))
        #expect(stale.map(\.key) == ["expired", "one-sided", "unused"])
        #expect(stale[0].reasons.count == 2)
        #expect(stale[1].reasons == ["it gave everybody 'off' for 30d"])
        #expect(stale[2].reasons == ["it was not evaluated for 30d"])
        #expect(try await world.flags.usage(environment: "production", flag: "used")[0].total == 10)
    }
}
