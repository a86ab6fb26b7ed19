import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Wire

@testable import HTTPAPI

@Suite("Agents' samples wait beside the event loops", .timeLimit(.minutes(2)))
struct SampleLaneTests {
    private static let samples = Array("abc".utf8)

    private func held(_ server: TestServer, _ body: () async throws -> Void) async throws {
        server.gateway.holdsSamples.store(true, ordering: .relaxed)
        defer { server.gateway.holdsSamples.store(false, ordering: .relaxed) }
        try await body()
    }

    @Test("While the store's lock is held every event loop answers, and the samples are taken in afterwards")
    func healthz() async throws {
        try await TestServer.with { server in
            try await server.connect { agent in
                try await held(server) {
                    try await agent.send(
                        "POST", "/v1/agent/samples", token: "agent", headers: agentHeaders, body: Self.samples)
                    try await waitFor("held") { server.gateway.heldSamples.load(ordering: .relaxed) == 1 }
                    // Connections go round the loops: these meet each of them.
                    for _ in 0..<2 * System.coreCount {
                        #expect(try await server.ask("GET", "/healthz").text == "ok\n")
                    }
                    #expect(server.gateway.state.withLock(\.samples) == 0)
                }
                #expect(try await agent.answer().status == 204)
                #expect(server.gateway.state.withLock(\.samples) == 3)
            }
        }
    }

    @Test("A host's second body is refused while its first one waits, and taken in later")
    func second() async throws {
        try await TestServer.with { server in
            try await server.connect { agent in
                try await held(server) {
                    try await agent.send(
                        "POST", "/v1/agent/samples", token: "agent", headers: agentHeaders, body: Self.samples)
                    try await waitFor("held") { server.gateway.heldSamples.load(ordering: .relaxed) == 1 }
                    let refused = try await server.ask(
                        "POST", "/v1/agent/samples", token: "agent", headers: agentHeaders, body: Self.samples)
                    #expect(refused.status == 503 && refused.headers["retry-after"] == "2")
                    #expect(refused.text.contains("wait to be taken in"))
                }
                #expect(try await agent.answer().status == 204)
            }
            try await waitFor("let in") {
                try await server.ask(
                    "POST", "/v1/agent/samples", token: "agent", headers: agentHeaders, body: Self.samples
                ).status == 204
            }
            #expect(server.gateway.state.withLock(\.samples) == 6)
        }
    }

    @Test("Samples are acknowledged when they are on the disk, and refused when they cannot be brought there")
    func kept() async throws {
        let gateway = FakeGateway()
        let lane = SampleLane(gateway)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        gateway.state.withLock { $0.holdsDisk = true }
        // More than the lane has threads: none of them waits for the disk.
        let hosts = (1...5).map { "h\($0)" }
        let works = try hosts.map { try lane.take(Self.samples, host: $0, agent: "a", on: loop) }
        let answered = Atomic(0)
        for work in works { work.reply.whenComplete { _ in answered.add(1, ordering: .relaxed) } }
        try await waitFor("taken in") { gateway.state.withLock(\.unkept.count) == 5 }
        for host in hosts {
            #expect(throws: Refusal.self) { try lane.take(Self.samples, host: host, agent: "a", on: loop) }
        }
        #expect(answered.load(ordering: .relaxed) == 0)
        let waiting = gateway.state.withLock { state in
            state.holdsDisk = false
            return state.unkept
        }
        waiting[0](Problem(.unavailable, "the disk is full"))
        for call in waiting.dropFirst() { call(nil) }
        var statuses: [UInt] = []
        for work in works {
            let reply = try await work.reply.get()
            statuses.append(reply.status.code)
            if reply.status.code == 503 { #expect(reply.headers.first(name: "retry-after") == "2") }
        }
        #expect(statuses.sorted() == [204, 204, 204, 204, 503])
        for host in hosts {
            let work = try lane.take(Self.samples, host: host, agent: "a", on: loop)
            #expect(try await work.reply.get().status.code == 204)
        }
        await lane.shutDown()
    }

    @Test("What may wait is bounded in bytes, and what nobody waits for any longer is not done")
    func bounded() async throws {
        let gateway = FakeGateway()
        let lane = SampleLane(gateway)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        gateway.holdsSamples.store(true, ordering: .relaxed)
        let body = [UInt8](repeating: 32, count: SampleLane.budget / 4)
        var works: [HotWork] = []
        for number in 1...4 { works.append(try lane.take(body, host: "h\(number)", agent: "a", on: loop)) }
        #expect(throws: Refusal.self) { try lane.take(body, host: "h5", agent: "a", on: loop) }
        try await waitFor("held") { gateway.heldSamples.load(ordering: .relaxed) == 2 }
        works[3].cancel()
        gateway.holdsSamples.store(false, ordering: .relaxed)
        var statuses: [UInt] = []
        for work in works { statuses.append(try await work.reply.get().status.code) }
        #expect(statuses == [204, 204, 204, 503])
        #expect(gateway.state.withLock(\.samples) == 3 * body.count)
        // All of it is given back.
        for number in 1...4 {
            let work = try lane.take(body, host: "h\(number)", agent: "a", on: loop)
            #expect(try await work.reply.get().status.code == 204)
        }
        await lane.shutDown()
    }
}
