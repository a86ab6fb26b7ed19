import Foundation
import HalcyonClient
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@Suite("The provider that follows a server", .timeLimit(.minutes(2)))
struct ProviderTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "halcyon-client-\(UUID())")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func path(_ name: String) -> String { folder.appending(path: name).path() }

    private func configuration(_ server: FlagServer, keep: Bool = false) -> HalcyonConfiguration {
        HalcyonConfiguration(
            server: server.url, token: "secret", environment: "pro duction",
            lastKnownFile: keep ? path("known") : nil, usageInterval: .milliseconds(20), longestWait: .milliseconds(50))
    }

    /// A provider in an API of its own, shut down at the end.
    private func with(
        _ configuration: HalcyonConfiguration, _ body: (FlagClient, HalcyonProvider, FlagAPI) async throws -> Void
    ) async throws {
        let (api, provider) = (FlagAPI(), HalcyonProvider(configuration))
        await api.setProvider(provider)
        do {
            try await body(api.client(), provider, api)
        } catch {
            await api.shutdown()
            throw error
        }
        await api.shutdown()
    }

    @Test("Flags come from the server, and change while the program runs")
    func follows() async throws {
        let server = try await FlagServer(compiled(flagSet(new: false)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            let events = provider.events()
            #expect(client.value("new", default: true) == false)
            let german = EvaluationContext(attributes: [("country", "DE")])
            let details = client.details("new", default: false, context: german)
            #expect(details.value)
            #expect(details.variant == "on")
            #expect(details.reason == .targetingMatch)
            #expect(details.metadata == [FlagMember("owner", "shop")])
            #expect(client.value("rate", default: 0.0) == 0.5)
            #expect(client.value("size", default: 0) == 12)
            #expect(client.value("theme", default: FlagValue.null)["ink"] == "white")
            #expect(client.details("open", default: true).reason == .default)
            server.publish(try compiled(flagSet(new: true)))
            try await waitFor("changed") { client.value("new", default: false) }
            var seen: [ProviderEvent] = []
            for await event in events {
                seen.append(event)
                if seen.count == 2 { break }
            }
            #expect(seen == [.ready, .configurationChanged(keys: ["new"])])
            #expect(
                server.state.withLock { $0.requests.first }
                    == "GET /v1/sdk/flags?environment=pro%20duction Bearer secret")
        }
        try await server.close()
    }

    @Test("The server's bucketing is the SDK's")
    func bucketing() async throws {
        let server = try await FlagServer(compiled(flagSet(new: false), .v2))
        try await with(configuration(server)) { _, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            #expect(provider.snapshot.bucketing == .v2)
        }
        try await server.close()
    }

    @Test("The server goes away and comes back: flags go on, are stale meanwhile, and follow again")
    func away() async throws {
        let server = try await FlagServer(compiled(flagSet(new: false)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            try await server.close()
            try await waitFor("stale") { provider.status == .stale }
            #expect(client.value("new", default: true) == false)
            #expect(provider.lastError != nil)
            server.state.withLock { state in (try? compiled(flagSet(new: true))).map { state.snapshot = $0 } }
            try await server.open()
            try await waitFor("followed") { client.value("new", default: false) }
            try await waitFor("ready") { provider.status == .ready }
        }
        try await server.close()
    }

    @Test("A client that comes back to the flags that it has is ready without getting them again")
    func current() async throws {
        let server = try await FlagServer(compiled(flagSet(new: true)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            try await server.close()
            try await waitFor("stale") { provider.status == .stale }
            try await server.open()
            try await waitFor("ready") { provider.status == .ready }
            #expect(server.state.withLock { $0.knowing } == 1)
            #expect(client.value("new", default: false))
        }
        try await server.close()
    }

    @Test("Without the server, a program starts with the flags that were known last")
    func lastKnown() async throws {
        let server = try await FlagServer(compiled(flagSet(new: true)))
        try await with(configuration(server, keep: true)) { _, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
        }
        try await server.close()
        try await with(configuration(server, keep: true)) { client, provider, _ in
            #expect(client.value("new", default: false))
            #expect(provider.status == .stale)
        }
        // Half a file, as after a full disk, or a changed one, is no flags rather than wrong ones.
        let whole = try Data(contentsOf: URL(filePath: path("known")))
        for bytes in [whole.dropLast(20), whole.dropLast(1) + Data(" ".utf8), Data("nonsense".utf8), Data()] {
            try bytes.write(to: URL(filePath: path("known")))
            try await with(configuration(server, keep: true)) { client, provider, _ in
                #expect(client.value("new", default: false) == false)
                #expect(provider.status == .notReady)
                #expect(client.details("new", default: false).errorCode == .providerNotReady)
            }
        }
    }

    @Test("The first start has the flags that came with the program")
    func bootstrap() async throws {
        try Data(flagSet(new: true).utf8).write(to: URL(filePath: path("flags.json")))
        let configuration = HalcyonConfiguration(server: "http://127.0.0.1:9", bootstrapFile: path("flags.json"))
        try await with(configuration) { client, provider, _ in
            #expect(client.value("new", default: false))
            #expect(provider.status == .stale)
        }
    }

    @Test("What the server says wrongly changes nothing, and is told")
    func wrong() async throws {
        let server = try await FlagServer(compiled(flagSet(new: true)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            for raw in [
                "event: flags\nid: x\ndata: {\n\n", "event: flags\nid: y\ndata: {\"flags\":{\"a\":1}}\n\n",
                "event: later\ndata: x\n\n",
            ] {
                server.send(raw: raw)
            }
            try await waitFor("told") { provider.lastError?.contains("cannot be used") == true }
            #expect(client.value("new", default: false))
            server.publish(try compiled(flagSet(new: false)))
            try await waitFor("goes on") { client.value("new", default: true) == false }
        }
        try await server.close()
    }

    @Test("A refused token is told, and asked again for")
    func refused() async throws {
        let server = try await FlagServer(compiled(flagSet(new: true)))
        server.state.withLock { $0.flagsStatus = .unauthorized }
        try await with(configuration(server)) { client, provider, _ in
            try await waitFor("told") { provider.lastError?.contains("401") == true }
            #expect(client.value("new", default: false) == false)
            server.state.withLock { $0.flagsStatus = .ok }
            try await waitFor("let in") { client.value("new", default: false) }
        }
        try await server.close()
    }

    @Test("Every evaluation is counted once, also across new flags, a lost server, and the end")
    func usage() async throws {
        let server = try await FlagServer(compiled(flagSet(new: false)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            for _ in 0..<100 { _ = client.value("new", default: true) }
            _ = client.value("open", default: true)
            try await waitFor("counted") { server.state.withLock { $0.usage["new/off"] } == 100 }
            #expect(server.state.withLock { $0.usage["open/"] } == 1)
            server.state.withLock { $0.usageStatus = .serviceUnavailable }
            for _ in 0..<50 { _ = client.value("new", default: true) }
            server.publish(try compiled(flagSet(new: true)))
            try await waitFor("changed") { client.value("new", default: false) }
            try await waitFor("refused") {
                server.state.withLock { $0.requests.filter { $0.contains("usage") }.count } > 3
            }
            server.state.withLock { $0.usageStatus = .noContent }
            try await waitFor("counted later") { server.state.withLock { $0.usage["new/off"] ?? 0 } >= 150 }
            _ = client.value("rate", default: 0.0)
        }
        // The last count came with the shutdown.
        #expect(server.state.withLock { $0.usage["rate/half"] } == 1)
        try await server.close()
    }

    @Test("A bound context follows to new flags, and gives what the usual way gives")
    func bound() async throws {
        let server = try await FlagServer(compiled(flagSet(new: false)))
        try await with(configuration(server)) { client, provider, _ in
            #expect(await provider.ready(within: .seconds(20)))
            var german = client.bind(EvaluationContext(attributes: [("country", "DE")]))
            var french = client.bind(EvaluationContext(attributes: [("country", "FR")]))
            #expect(client.value("new", default: false, in: &german))
            #expect(client.value("new", default: true, in: &french) == false)
            #expect(client.value("rate", default: 0.0, in: &french) == 0.5)
            #expect(client.value("size", default: 0, in: &french) == 12)
            #expect(client.value("rate", default: true, in: &french))
            #expect(client.value("nowhere", default: true, in: &french))
            server.publish(try compiled(flagSet(new: true)))
            try await waitFor("changed") { client.value("new", default: false, in: &french) }
        }
        try await server.close()
    }
}
