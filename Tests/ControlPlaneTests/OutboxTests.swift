import Ports
import Rollouts
import Specs
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Telling people")
struct OutboxTests {
    static let receivers = """
        kind: Receiver
        name: chat
        webhook: { url: "http://127.0.0.1:1/chat" }
        ---
        kind: Receiver
        name: pager
        webhook: { url: "http://127.0.0.1:1/pager" }
        events: [rolledBack, needsPerson]
        """
    static let chat = "http://127.0.0.1:1/chat"
    static let pager = "http://127.0.0.1:1/pager"

    private func world() async throws -> World {
        let world = try await World(hosts: 2)
        _ = try await world.apply(OutboxTests.receivers)
        return world
    }

    private func sendAll(_ world: World) async {
        for _ in 0..<20 { await world.plane.deliverDue() }
    }

    @Test("each receiver gets the events that it wants, with the evidence, once")
    func routing() async throws {
        let world = try await world()
        try await world.establish("v1")
        for agent in world.agents { agent.rejects = ["v2"] }
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .rolledBack)
        await sendAll(world)
        let events = world.notifier.sentTo(OutboxTests.chat).map(\.event)
        #expect(Array(events.suffix(3)) == [.started, .rollingBack, .rolledBack])
        #expect(world.notifier.sentTo(OutboxTests.pager).map(\.event) == [.rolledBack])
        #expect(Set(world.notifier.sentTo(OutboxTests.chat).map(\.id)).count == events.count)
        let listed = try await world.plane.deliveries(receiver: "pager", limit: 10)
        #expect(listed.map(\.state) == [.delivered])
        #expect(listed[0].answer == "200 OK")
        let before = events.count
        await sendAll(world)
        #expect(world.notifier.sentTo(OutboxTests.chat).count == before)
    }

    @Test("a wave that is approved and waits for something else calls nobody")
    func approvedAndFrozen() async throws {
        let world = try await World(
            hosts: 3, service: World.shop.replacing("hosts: 1, bake: 10s", with: "hosts: 1, bake: 10s, gate: approval"))
        _ = try await world.apply(OutboxTests.receivers)
        try await world.establishApproved("v1")
        await sendAll(world)
        let before = world.notifier.sentTo(OutboxTests.pager).count
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(1)
        let now = world.clock.now
        _ = try await world.apply(
            "kind: Freeze\nname: f\nreason: busy\nfrom: \((now - .hours(1)).description)\nuntil: \((now + .hours(1)).description)\n"
        )
        try await world.tell(two, .approve)
        try await world.settle(2)
        #expect(try await world.plane.rollout(two).summary.contains("frozen"))
        await sendAll(world)
        #expect(world.notifier.sentTo(OutboxTests.pager).count == before + 1)
    }

    @Test("a receiver that is down is asked again ever more rarely, and given up after a day; nothing waits for it")
    func retries() async throws {
        let world = try await world()
        world.notifier.answer(OutboxTests.chat, .retry(answer: "503", after: nil))
        try await world.establish("v1")
        await world.plane.deliverDue()
        let listed = try await world.plane.deliveries(receiver: "chat", limit: 100)
        #expect(listed.allSatisfy { $0.state == .pending && $0.attempts <= 1 })
        for _ in 0..<200 {
            world.clock.advance(.minutes(10))
            await sendAll(world)
        }
        let ended = try await world.plane.deliveries(receiver: "chat", limit: 100)
        #expect(ended.allSatisfy { $0.state == .failed && $0.answer == "503" })
        #expect(ended.allSatisfy { (20...400).contains($0.attempts) })
        #expect(world.plane.ledger.pendingDeliveries.isEmpty)
    }

    @Test("a slow or dead receiver does not take the turn of the others")
    func fairness() async throws {
        let world = try await world()
        world.notifier.answer(OutboxTests.chat, .retry(answer: "503", after: nil))
        for number in 1...12 { try await world.establish("v\(number)") }
        for agent in world.agents { agent.rejects = ["v13"] }
        try await world.settle(try #require(try await world.deploy("v13").rollout), until: .rolledBack)
        await world.plane.deliverDue()
        #expect(world.notifier.sentTo(OutboxTests.pager).map(\.event) == [.rolledBack])
    }

    @Test("what was stored and not sent is sent by the next process")
    func restart() async throws {
        let world = try await world()
        try await world.establish("v1")
        #expect(world.notifier.sentTo(OutboxTests.chat).isEmpty)
        try await world.restart()
        await sendAll(world)
        #expect(world.notifier.sentTo(OutboxTests.chat).map(\.event).contains(.done))
    }

    @Test("when the outcome cannot be stored, the receiver is not asked every second")
    func outcomeNotStored() async throws {
        let world = try await world()
        try await world.establish("v1")
        world.store.trouble = .cannotWrite
        await sendAll(world)
        let asked = world.notifier.sentTo(OutboxTests.chat).map(\.id)
        #expect(Set(asked).count == asked.count)
        world.store.trouble = .none
        world.clock.advance(.minutes(2))
        await sendAll(world)
        #expect(world.plane.ledger.pendingDeliveries.isEmpty)
    }

    @Test("a test is tried once and says what the receiver answered")
    func test() async throws {
        let world = try await world()
        let good = try await world.plane.testReceiver("chat", by: World.alice)
        #expect(good.state == .delivered)
        #expect(world.notifier.sentTo(OutboxTests.chat).first?.text.contains("alice") == true)
        world.clock.advance(.seconds(1))
        world.notifier.answer(OutboxTests.chat, .retry(answer: "no route", after: .seconds(3)))
        let bad = try await world.plane.testReceiver("chat", by: World.alice)
        #expect(bad.state == .failed)
        #expect(bad.answer == "no route")
        #expect(
            await World.refusal { try await world.plane.testReceiver("chatt", by: World.alice) }?.hint
                == "did you mean chat?")
    }

    @Test("a receiver that was deleted gets nothing more")
    func deleted() async throws {
        let world = try await world()
        try await world.establish("v1")
        try await world.plane.delete(kind: "receiver", name: "chat", by: World.alice)
        await sendAll(world)
        #expect(world.notifier.sentTo(OutboxTests.chat).isEmpty)
        #expect(try await world.plane.deliveries(receiver: "chat", limit: 9).allSatisfy { $0.state == .failed })
    }
}
