import FlagSpecs
import Flags
import Ports
import Testing
import Values
import Wire

@testable import FlagRegistry

@Suite("What two people must agree on")
struct AgreementTests {
    private static let admin = Principal(name: "root", role: .admin)
    private let file = """
        flags:
          a: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: off, targeting: { if: [{ $ref: staff }, on] } }
        $evaluators: { staff: { "==": [{ var: targetingKey }, eve] } }
        """

    private func guarded() async throws -> World {
        let world = try await World()
        try await world.apply(
            "kind: Environment\nname: staging\napprovals: 1\nbucketing: v2\ndescription: before the shop")
        return world
    }

    private func spec(_ world: World) async throws -> EnvironmentView { try await world.flags.environment("staging") }

    private func approve(_ id: String, _ world: World) async throws {
        _ = try await world.flags.approve(proposal: id, reason: "", by: World.ben)
    }

    @Test("imports, copies and files propose their segments as well, and a flag waits for its segments")
    func segments() async throws {
        for way in 0..<3 {
            let world = try await guarded()
            switch way {
            case 0:
                let request = FlagImportRequest(format: .flagd, name: "f.yaml", text: file)
                _ = try await world.flags.importFlags(environment: "staging", request, by: World.ann)
            case 1:
                try await world.apply(file)
                _ = try await world.flags.copy(to: "staging", FlagCopyRequest(from: "production"), by: World.ann)
            default: try await world.apply(file, environment: "staging")
            }
            #expect(try await world.flags.segments(environment: "staging").isEmpty, "way \(way)")
            let open = try await world.flags.proposals(environment: "staging", open: true)
            let segment = try #require(open.first { $0.kind == "segment" }, "way \(way)")
            let flag = try #require(open.first { $0.kind == "flag" })
            await #expect(throws: Problem.self) { try await approve(flag.id, world) }
            try await approve(segment.id, world)
            try await approve(flag.id, world)
            #expect(try world.answer("a", "eve", in: "staging") == "on")
        }
    }

    @Test("fewer approvals and another bucketing are an admin's to set, or proposed; what is left out stays")
    func environments() async throws {
        let world = try await guarded()
        let answer = try await world.apply("kind: Environment\nname: staging\ndescription: new")
        #expect(answer.map(\.outcome) == [.changed] && answer[0].warnings.isEmpty)
        var now = try await spec(world)
        #expect(now.approvals == 1 && now.bucketing == "v2" && now.description == "new")
        for (line, _) in [("approvals: 0", 0), ("bucketing: v3", 1)] {
            let items = try await world.apply("kind: Environment\nname: staging\n\(line)")
            #expect(items[0].warnings.contains { $0.contains("it waits for approval") }, "\(line)")
        }
        now = try await spec(world)
        #expect(now.approvals == 1 && now.bucketing == "v2")
        let open = try await world.flags.proposals(environment: "staging", open: true)
        #expect(open.map(\.kind) == ["environment", "environment"])
        try await approve(try #require(open.last).id, world)
        #expect(try await spec(world).approvals == 0)
        try await world.apply("kind: Environment\nname: staging\nbucketing: v3", by: AgreementTests.admin)
        #expect(try await spec(world).bucketing == "v3")
    }

    @Test("a proposal of an environment or of metadata is refused once somebody else has changed what it would replace")
    func staleProposals() async throws {
        let world = try await guarded()
        try await world.apply("kind: Environment\nname: staging\nbucketing: v3")
        try await world.apply("kind: Environment\nname: staging\ndescription: newer", by: AgreementTests.admin)
        let bucketing = try await world.flags.proposals(environment: "staging", open: true)[0]
        await #expect(throws: Problem.self) { try await approve(bucketing.id, world) }
        #expect(try await spec(world).description == "newer")
        #expect(try await spec(world).bucketing == "v2")
        try await world.apply("flags: {}\nmetadata: { team: shop }", environment: "staging")
        try await world.apply("flags: {}\nmetadata: { team: cart }", environment: "staging")
        let open = try await world.flags.proposals(environment: "staging", open: true).filter { $0.kind == "metadata" }
        #expect(open.count == 2)
        try await approve(open[0].id, world)
        let refusal = try #require(
            await #expect(throws: Problem.self) { try await approve(open[1].id, world) })
        #expect(refusal.message.contains("has been changed since"))
    }

    @Test("a set's metadata waits for approval, and is in the history")
    func metadata() async throws {
        let world = try await guarded()
        let items = try await world.apply("flags: {}\nmetadata: { team: shop }", environment: "staging")
        #expect(items.map(\.kind) == ["Metadata"])
        #expect(try await !world.flags.export(environment: "staging", plain: true).document.contains("team"))
        let open = try await world.flags.proposals(environment: "staging", open: true)
        try await approve(try #require(open.first).id, world)
        #expect(try await world.flags.export(environment: "staging", plain: true).document.contains("team"))
        let event = try #require(
            try await world.flags.history(environment: "staging", flag: nil, before: nil, limit: 10).first)
        #expect(event.kind == "metadata" && event.by == "ann" && event.approvedBy == "ben")
        try await world.restart()
        #expect(try await world.flags.export(environment: "staging", plain: true).document.contains("team"))
    }
}
