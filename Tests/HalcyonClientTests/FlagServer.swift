import Documents
import Flags
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

struct TestFailure: Error, CustomStringConvertible {
    var description: String
}

func compiled(_ text: String, _ bucketing: Bucketing = .v3) throws -> FlagSnapshot {
    guard let node = JSONParser.parse(Array(text.utf8), file: "test").node,
        let snapshot = FlagSnapshot.compile(node, file: "test", bucketing: bucketing).snapshot
    else { throw TestFailure(description: "these are no flags: \(text)") }
    return snapshot
}

/// Flags of which `new` and `rate` are asked in these tests.
func flagSet(new: Bool, extra: String = "") -> String {
    """
    {"flags": {
        "new": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "\(new ? "on" : "off")",
            "targeting": {"if": [{"==": [{"var": "country"}, "DE"]}, "on", null]}, "metadata": {"owner": "shop"}},
        "rate": {"state": "ENABLED", "variants": {"half": 0.5}, "defaultVariant": "half"},
        "size": {"state": "ENABLED", "variants": {"big": 12}, "defaultVariant": "big"},
        "open": {"state": "ENABLED", "variants": {"a": true}},
        "theme": {"state": "ENABLED", "variants": {"dark": {"ink": "white"}}, "defaultVariant": "dark"}\(extra)
    }}
    """
}

/// What a Halcyon server says to SDKs, and no more. It has a loopback address of its own, so that nobody, not even a client
/// that connects to it in vain, gets its port while it is down.
final class FlagServer: Sendable {
    struct State {
        var snapshot: FlagSnapshot
        var streams: [ObjectIdentifier: any Channel] = [:]
        var channels: [any Channel] = []
        var listener: (any Channel)?
        var requests: [String] = []
        var usage: [String: Int] = [:]
        var usageStatus = HTTPResponseStatus.noContent
        var flagsStatus = HTTPResponseStatus.ok
        /// How many clients had the flags already when they came.
        var knowing = 0
    }

    let state: Mutex<State>
    private let address = "127.\(Int.random(in: 64...126)).\(Int.random(in: 0...255)).\(Int.random(in: 1...254))"
    private(set) nonisolated(unsafe) var port = 0  // set once, before anybody else knows the server

    init(_ snapshot: FlagSnapshot) async throws {
        state = Mutex(State(snapshot: snapshot))
        try await open()
    }

    var url: String { "http://\(address):\(port)" }

    func open() async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                self.state.withLock { $0.channels.append(channel) }
                return channel.pipeline.configureHTTPServerPipeline().flatMap {
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                    }
                }
            }
            .bind(host: address, port: port).get()
        if port == 0 { port = listener.localAddress?.port ?? 0 }
        state.withLock { $0.listener = listener }
    }

    /// Ends as abruptly as a killed process.
    func close() async throws {
        let (listener, channels) = state.withLock { state in
            defer {
                state.channels = []
                state.streams = [:]
            }
            return (state.listener, state.channels)
        }
        try? await listener?.close()
        for channel in channels { try? await channel.close() }
    }

    func publish(_ snapshot: FlagSnapshot) {
        let streams = state.withLock { state in
            state.snapshot = snapshot
            return Array(state.streams.values)
        }
        for stream in streams { send(snapshot, to: stream) }
    }

    /// Sends something else in the place of flags.
    func send(raw: String) {
        for stream in state.withLock({ Array($0.streams.values) }) {
            stream.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: raw))), promise: nil)
        }
    }

    fileprivate func send(raw: String, to stream: any Channel) {
        stream.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: raw))), promise: nil)
    }

    fileprivate func send(_ snapshot: FlagSnapshot, to stream: any Channel) {
        var buffer = ByteBuffer(string: "event: flags\nid: \(snapshot.etag)\ndata: ")
        buffer.writeBytes(snapshot.syncPayload)
        buffer.writeString("\n\n")
        stream.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
    }

    private struct Report: Decodable {
        struct Count: Decodable {
            var flag: String
            var variant: String
            var count: Int
        }
        var counts: [Count]
    }

    fileprivate func takeUsage(_ body: ByteBuffer) -> HTTPResponseStatus {
        let report = try? JSONDecoder().decode(Report.self, from: Data(body.readableBytesView))
        return state.withLock { state in
            guard state.usageStatus == .noContent else { return state.usageStatus }
            guard let report else { return .badRequest }
            for count in report.counts { state.usage["\(count.flag)/\(count.variant)", default: 0] += count.count }
            return .noContent
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let server: FlagServer
        private var path = ""
        private var known: String?
        private var body = ByteBuffer()

        init(server: FlagServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                path = head.uri
                known = head.headers.first(name: "last-event-id")
                body.clear()
                let token = head.headers.first(name: "authorization") ?? ""
                server.state.withLock { $0.requests.append("\(head.method) \(head.uri) \(token)") }
            case .body(var bytes): body.writeBuffer(&bytes)
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            let channel = context.channel
            if path.hasPrefix("/v1/sdk/usage") {
                return finish(context, server.takeUsage(body))
            }
            let (status, snapshot) = server.state.withLock { state in
                if state.flagsStatus == .ok { state.streams[ObjectIdentifier(channel)] = channel }
                return (state.flagsStatus, state.snapshot)
            }
            guard status == .ok else { return finish(context, status) }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-type": "text/event-stream"])
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            guard known != snapshot.etag else {
                server.state.withLock { $0.knowing += 1 }
                return server.send(raw: "event: current\nid: \(snapshot.etag)\ndata: {}\n\n", to: channel)
            }
            server.send(snapshot, to: channel)
        }

        private func finish(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
            let headers: HTTPHeaders = status == .noContent ? [:] : ["content-length": "0"]
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
                promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            let id = ObjectIdentifier(context.channel)
            server.state.withLock { state in
                state.streams[id] = nil
                state.channels.removeAll { ObjectIdentifier($0) == id }
            }
        }
    }
}
