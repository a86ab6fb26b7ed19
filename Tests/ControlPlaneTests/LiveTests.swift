import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Live events and logs")
struct LiveTests {
    @Test("who listens hears decisions, hosts and services")
    func events() async throws {
        let world = try await World(hosts: 2)
        let stream = world.plane.events()
        try await world.establish("v1")
        world.plane.feed.finish()
        var names: Set<String> = []
        var history: [Int] = []
        for await event in stream {
            names.insert(event.name)
            if case .history(let entry) = event { history.append(entry.event.sequence) }
        }
        #expect(names == ["rollout", "history", "host", "service"])
        #expect(history == Array(1...history.count))
    }

    @Test("a listener that falls far behind is ended; the others go on")
    func slow() async throws {
        let feed = LiveFeed()
        let (slow, quick) = (feed.listen(), feed.listen())
        var received = 0
        var iterator = quick.makeAsyncIterator()
        for _ in 0..<5000 {
            feed.publish([.service(name: "shop")])
            if await iterator.next() != nil { received += 1 }
        }
        #expect(received == 5000)
        var kept = 0
        for await _ in slow { kept += 1 }
        #expect(kept == 4096)
        #expect(feed.hasListeners)
    }

    @Test("logs reach who asked for them, from that host only, until they end")
    func logs() async throws {
        let world = try await World(hosts: 2)
        let request = LogRequest(id: "l-1", service: "shop", lines: 10, follow: false)
        let stream = try await world.plane.logs(host: "h1", request: request)
        #expect(world.agents[0].sink.events.contains("logs"))
        #expect(await world.plane.deliverLogs(host: "h2", id: "l-1", chunk: [9]) == false)
        await world.plane.endLogs(host: "h2", id: "l-1")
        #expect(await world.plane.deliverLogs(host: "h1", id: "l-1", chunk: [1]))
        #expect(await world.plane.deliverLogs(host: "h1", id: "l-1", chunk: [2]))
        await world.plane.endLogs(host: "h1", id: "l-1")
        var chunks: [[UInt8]] = []
        for await chunk in stream { chunks.append(chunk) }
        #expect(chunks == [[1], [2]])
        #expect(await world.plane.deliverLogs(host: "h1", id: "l-1", chunk: [3]) == false)
    }

    @Test("an agent waits for a slow reader, and nothing is lost")
    func backPressure() async throws {
        let relay = LogRelay()
        let stream = relay.open(id: "l", host: "h1")
        let sender = Task {
            for number in 0..<100 where await !relay.deliver(id: "l", host: "h1", chunk: [UInt8(number)]) {
                return number
            }
            relay.end(id: "l", host: "h1")
            return 100
        }
        var received: [UInt8] = []
        for await chunk in stream { received += chunk }
        #expect(await sender.value == 100)
        #expect(received == Array(0..<100))
    }

    @Test("who waits for an agent that has gone away is told so by the end of the stream")
    func agentGone() async throws {
        let world = try await World(hosts: 1)
        let request = LogRequest(id: "l-1", service: "shop", lines: 10, follow: true)
        let stream = try await world.plane.logs(host: "h1", request: request)
        world.plane.detach(host: "h1", sink: world.agents[0].sink)
        for await _ in stream { Issue.record("there is nothing to read") }
        let problem = await World.refusal { try await world.plane.logs(host: "h1", request: request) }
        #expect(problem?.kind == .unavailable)
    }
}
