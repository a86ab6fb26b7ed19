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

    private func document(_ more: String) -> String {
        #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"\#(more)}"#
    }
}
