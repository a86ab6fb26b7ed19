import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import HTTPAPI

/// A connection on an event loop whose clock the test moves.
private final class ClockedConnection {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let gateway = FakeGateway()
    private let state: LoopState

    init() throws {
        state = LoopState(eventLoop: loop, frames: StreamFrames())
        let (_, arrival) = AsyncStream.makeStream(of: ColdConnections.Value.self)
        let hall = Hall(
            gate: Gate(gateway: gateway, dev: false), desk: nil, hub: EventHub(), counters: ServerCounters(),
            isTLS: false,
            colds: ColdConnections(isTLS: false) { _, _, _ in }, arrivals: arrival)
        channel = EmbeddedChannel(loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false)
        try channel.pipeline.syncOperations.addHandler(FrontDoor(loop: state, hall: hall))
        state.start()
        loop.run()
    }

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        loop.run()
    }

    /// What has been written since the last look.
    func received() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    func wait(seconds: Int64) { loop.advanceTime(by: .seconds(seconds)) }
}

@Suite("Slow and idle clients")
struct SlowClientTests {
    private let report =
        "POST /v1/agent/report HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agent\r\nX-Halcyon-Agent: a1\r\n"

    @Test("A head that does not arrive in time ends the connection, however slowly it trickles")
    func head() throws {
        let connection = try ClockedConnection()
        for byte in "GET /healthz " {
            try connection.send(String(byte))
            connection.wait(seconds: 1)
        }
        #expect(connection.channel.isActive)
        connection.wait(seconds: 3)
        #expect(!connection.channel.isActive)
    }

    @Test("A body that stops arriving is answered with 408 and the connection ends")
    func body() throws {
        let connection = try ClockedConnection()
        try connection.send(report + "Content-Length: 5\r\n\r\nab")
        connection.wait(seconds: 29)
        #expect(try connection.received().isEmpty)
        try connection.send("c")
        connection.wait(seconds: 29)
        #expect(try connection.received().isEmpty)
        connection.wait(seconds: 3)
        #expect(try connection.received().hasPrefix("HTTP/1.1 408 "))
        connection.wait(seconds: 3)
        #expect(!connection.channel.isActive)
        #expect(connection.gateway.state.withLock { $0.reports.isEmpty })
    }

    @Test("A connection may be idle between reports for more than a minute, not for ever")
    func idle() throws {
        let connection = try ClockedConnection()
        for _ in 0..<3 {
            try connection.send(report + "Content-Length: 2\r\n\r\n{}")
            #expect(try connection.received().hasPrefix("HTTP/1.1 204 "))
            connection.wait(seconds: 70)
            #expect(connection.channel.isActive)
        }
        connection.wait(seconds: 10)
        #expect(!connection.channel.isActive)
    }

    @Test("An idle stream gets a comment at least every 15 seconds and stays open")
    func keepAlive() throws {
        let connection = try ClockedConnection()
        try connection.send(
            "GET /v1/agent/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agent\r\nX-Halcyon-Agent: a1\r\n\r\n")
        #expect(try connection.received().contains("event: hello"))
        for _ in 0..<20 {
            connection.wait(seconds: 15)
            #expect(try connection.received() == "4\r\n: \n\n\r\n")
        }
        #expect(connection.channel.isActive)
    }

    @Test("A stream ends with its next sign of life once its token is revoked")
    func revoked() throws {
        let connection = try ClockedConnection()
        try connection.send("GET /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer viewer\r\n\r\n")
        #expect(try connection.received().hasPrefix("HTTP/1.1 200 "))
        connection.wait(seconds: 60)
        #expect(try connection.received().hasSuffix("4\r\n: \n\n\r\n"))
        connection.gateway.state.withLock { _ = $0.revoked.insert("viewer") }
        connection.wait(seconds: 15)
        #expect(try connection.received() == "0\r\n\r\n")
        #expect(!connection.channel.isActive)
    }
}
