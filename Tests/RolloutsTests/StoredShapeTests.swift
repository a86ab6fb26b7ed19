import Foundation
import Rollouts
import Testing
import Values

/// What earlier releases have stored is read; what a later one has stored is refused. Fixtures are never rewritten: a new
/// shape gets a new file.
@Suite("Stored shapes")
struct StoredShapeTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    private func read<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: Self.folder.appending(path: name)))
    }

    @Test("a state without a schema number is read, and goes on")
    func firstShape() throws {
        let state = try read("state-schema-1.json", as: RolloutState.self)
        let plan = try read("plan-schema-1.json", as: RolloutPlan.self)
        #expect(state.phase == .baking && state.sequence == 10 && state.baked == .seconds(17))
        #expect(state.pause?.by == "bob" && state.approved == [0] && Array(state.released) == [0])
        #expect(state.flapping.isEmpty)
        #expect(plan.hosts == ["h3", "h4", "h2", "h1"] && plan.planned == 4)
        var machine = RolloutMachine(plan: plan, state: state)
        let events = try machine.obey(.resume, by: "alice", reason: "", at: state.phaseSince + .minutes(1))
        #expect(events.map(\.sequence) == [11])
        #expect(machine.state.pause == nil)
    }

    @Test("a rollback without a schema number is read, and goes on")
    func returning() throws {
        let state = try read("state-schema-1-returning.json", as: RolloutState.self)
        let plan = try read("plan-schema-1.json", as: RolloutPlan.self)
        #expect(state.phase == .rollingBack && state.rollback?.by == "bob")
        var machine = RolloutMachine(plan: plan, state: state)
        let hosts = plan.hosts.map { _ in HostObservation(running: .previous) }
        _ = machine.observe(Observation(hosts: hosts), at: state.phaseSince + .minutes(1))
        #expect(machine.state.phase == .rolledBack)
    }

    @Test("what is written has its schema number, and comes back the same")
    func written() throws {
        let state = try read("state-schema-1.json", as: RolloutState.self)
        let bytes = try JSONEncoder().encode(state)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"schema\":\(RolloutState.currentSchema)"))
        #expect(try JSONDecoder().decode(RolloutState.self, from: bytes) == state)
        let plan = try read("plan-schema-1.json", as: RolloutPlan.self)
        #expect(try JSONDecoder().decode(RolloutPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }

    @Test("fields that an older shape does not have get their defaults")
    func missing() throws {
        let state = try JSONDecoder().decode(RolloutState.self, from: Data(#"{"phase":"moving","sequence":3}"#.utf8))
        #expect(state.promotedThrough == -1 && state.released.isEmpty && state.hold == nil)
    }

    @Test("what a newer release has written is refused, with what it is")
    func newer() throws {
        let text = #"{"phase":"levitating","schema":99,"sequence":3}"#
        let refusal = NewerSchema(what: "a rollout's state", found: 99, known: RolloutState.currentSchema)
        #expect(throws: refusal) { try JSONDecoder().decode(RolloutState.self, from: Data(text.utf8)) }
        #expect(throws: NewerSchema.self) {
            try JSONDecoder().decode(RolloutPlan.self, from: Data(#"{"schema":99}"#.utf8))
        }
        #expect(refusal.description.contains("newer release"))
    }
}
