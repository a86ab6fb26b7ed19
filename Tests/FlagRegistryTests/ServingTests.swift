import FlagSpecs
import Flags
import HalcyonTesting
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("What is served, and what is said of it")
struct ServingTests {
    @Test("who listens to an environment hears that it is deleted, and is let go")
    func ended() async throws {
        let world = try await World()
        try await world.apply("kind: Environment\nname: staging")
        let (feed, listener) = (try world.feed("staging"), Listener())
        feed.subscribe(listener)
        try await world.flags.deleteEnvironment("staging", by: World.ann)
        #expect(listener.ends == 1)
        let late = Listener()
        feed.subscribe(late)
        #expect(late.ends == 1)
        guard case .unknownEnvironment = try world.flags.admit(principal: World.ann, selector: "staging") else {
            throw TestFailure("staging is still served")
        }
        try await world.apply("kind: Environment\nname: staging")
        #expect(try world.feed("staging") !== feed)
    }

    @Test("an environment that cannot be read does not keep the others from being served")
    func unreadable() async throws {
        let world = try await World()
        try await world.make("a")
        try await world.apply("kind: Environment\nname: staging")
        try await world.make("b", in: "staging")
        try await world.make("c", in: "staging")
        let broken = Write.put(DocumentKey(FlagCollection.flags("staging"), "b"), Array("{}".utf8))
        _ = try await world.store.commit(Transaction(writes: [broken]))
        try await world.restart()
        #expect(try world.answer("a") == "off")
        let view = try await world.flags.environment("staging")
        #expect(view.warnings.contains { $0.contains("not served") && $0.contains("b") }, "\(view.warnings)")
        guard case .unknownEnvironment = try world.flags.admit(principal: World.ann, selector: "staging") else {
            throw TestFailure("staging is served without its flag")
        }
        await #expect(throws: Problem.self) { try await world.make("d", in: "staging") }
        await #expect(throws: Problem.self) {
            try await world.flags.evaluate(
                flag: "c", environment: "staging", FlagEvaluationRequest(context: "{}"))
        }
        try await world.tick()
    }

    @Test("a dry run of one flag says what the whole change would say")
    func dryRuns() async throws {
        let world = try await World()
        try await world.make("a")
        try await world.make("b", #""prerequisites": [{"flag": "a", "variant": "on"}]"#)
        let fine = try await world.change("c", FlagEdit(.put, document: document("")), dryRun: true)
        #expect(fine.outcome == .changed && fine.flag?.served.contains("variants") == true)
        #expect(try world.answer("c") == "(not found)")
        let bad = document(#", "targeting": {"no_such": [1]}"#)
        await #expect(throws: Problem.self) { try await world.change("c", FlagEdit(.put, document: bad), dryRun: true) }
        // Another flag needs a variant of this one.
        let without = #"{"state": "ENABLED", "variants": {"off": false}, "defaultVariant": "off"}"#
        await #expect(throws: Problem.self) {
            try await world.change("a", FlagEdit(.put, document: without), dryRun: true)
        }
        await #expect(throws: Problem.self) { try await world.change("a", FlagEdit(.delete), dryRun: true) }
        let layered = document(#", "layer": {"name": "l", "from": 0, "to": 10}"#)
        try await world.change("d", FlagEdit(.put, document: layered))
        await #expect(throws: Problem.self) {
            try await world.change("e", FlagEdit(.put, document: layered), dryRun: true)
        }
    }

    @Test("an explanation is about the answer that servers give to the same text")
    func explained() async throws {
        let world = try await World()
        try await world.make("a", #""targeting": {"if": [{"==": [{"var": "targetingKey"}, 7]}, "on"]}"#)
        try await world.make("b", #""targeting": {"if": [{"==": [{"var": "x"}, 2]}, "on"]}"#)
        func variants(_ key: String, _ context: String) async throws -> [String?] {
            let view = try await world.flags.evaluate(
                flag: key, environment: "production", FlagEvaluationRequest(context: context))
            let snapshot = try world.feed().cell.snapshot
            var bound = BoundContext()
            try snapshot.bind(json: Array(context.utf8), into: &bound)
            let flag = try #require(snapshot.index(of: key))
            let served = snapshot.evaluate(flag, in: &bound, at: world.now)
            return [view.variant, served.variant < 0 ? nil : snapshot.variantName(flag, served.variant)]
        }
        let numbers = try await variants("a", #"{"targetingKey": 7}"#)
        #expect(numbers[0] == numbers[1])
        #expect(try await variants("b", #"{"x": 1, "x": 2}"#) == ["on", "on"])
        await #expect(throws: Problem.self) { try await variants("a", "[]") }
        await #expect(throws: Problem.self) { try await variants("a", "{") }
    }

    @Test("lists of flags come in pages")
    func pages() async throws {
        let world = try await World()
        for key in ["a", "b", "c"] { try await world.make(key) }
        func page(_ after: String?) async throws -> [String] {
            try await world.flags.flags(environment: "production", query: FlagQuery(limit: 2, after: after)).map(\.key)
        }
        #expect(try await page(nil) == ["a", "b"])
        #expect(try await page("b") == ["c"])
    }

    @Test("flags that clients take all at once are not called unused for certain")
    func wholes() async throws {
        let world = try await World()
        try await world.make("a")
        world.pass(.hours(24 * 40))
        (try world.feed()).tookAll()
        try await world.tick()
        func reasons() async throws -> [String] {
            try await world.flags.stale(environment: "production", unchangedFor: .hours(24 * 30)).flatMap(\.reasons)
        }
        #expect(try await reasons() == ["it was not evaluated for 30d, but clients that take the whole set may use it"])
        world.pass(.hours(24 * 40))
        #expect(try await reasons() == ["it was not evaluated for 30d"])
    }

    private func document(_ more: String) -> String {
        #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"\#(more)}"#
    }
}
