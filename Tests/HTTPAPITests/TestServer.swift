import HTTPAPI
import Logging
import NIOPosix
import Ports
import ServiceLifecycle
import Testing
import Wire

/// A whole server on a free port, on fakes.
struct TestServer: Sendable {
    let port: Int
    let surface: FakeSurface
    let gateway: FakeGateway
    let artefacts: FakeArtefacts
    let flags: FakeFlags
    private let group: ServiceGroup

    static func with<Result: Sendable>(
        dev: Bool = false, drainSeconds: Int = 5, maximumConnections: Int = 50_000, perAddress: Int = 20_000,
        certificatePath: String? = nil,
        keyPath: String? = nil, serving: FlagServing = FlagServing(), metrics: (any MetricsKeeper)? = nil,
        queries: QueryServing = QueryServing(), work: (any MetricsWork)? = nil,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let (surface, gateway, artefacts, flags) = (FakeSurface(), FakeGateway(), FakeArtefacts(), FakeFlags(dev: dev))
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let configuration = HTTPServerConfiguration(
            port: 0, dev: dev, certificatePath: certificatePath, keyPath: keyPath,
            maximumConnections: maximumConnections, maximumConnectionsPerAddress: perAddress,
            drainSeconds: drainSeconds,
            flags: serving, queries: queries
        ) { port in
            listening.yield(port)
            listening.finish()
        }
        let http = HTTPSurface(
            configuration: configuration, surface: surface, gateway: gateway, flags: flags, metrics: metrics,
            work: work,
            artefacts: artefacts, site: FakeSite(), logger: logger)
        let group = ServiceGroup(services: [http], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await tasks.next()
                throw TestFailure(description: "the server ended before it listened")
            }
            let server = TestServer(
                port: port, surface: surface, gateway: gateway, artefacts: artefacts, flags: flags, group: group)
            do {
                let result = try await body(server)
                await server.shutDown()
                try await tasks.waitForAll()
                return result
            } catch {
                await server.shutDown()
                throw error
            }
        }
    }

    func shutDown() async { await group.triggerGracefulShutdown() }

    func connect<Result>(_ body: (TestConnection) async throws -> Result) async throws -> Result {
        try await TestConnection.with(port: port, body)
    }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        try await connect { try await $0.ask(method, path, token: token, headers: headers, body: body) }
    }
}
