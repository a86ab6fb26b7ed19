import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Values
import Wire

/// The smallest server that an agent can work with; it remembers what it was told and can be made to misbehave.
final class FakeServer: Sendable {
    struct State {
        var streams: [any Channel] = []
        var desired = DesiredState(epoch: 0, services: [])
        var reports: [HostReport] = []
        var samples: [String] = []
        var logs: [String: String] = [:]
        var joins: [JoinRequest] = []
        var artefacts: [String: [UInt8]] = [:]
        /// How many bytes of an artefact are sent before the connection is cut, for the next requests.
        var cuts: [Int] = []
        /// The answers to the next requests for a stream, and to join, instead of good ones.
        var refusedStreams: [Int] = []
        var refusedJoins: [Int] = []
        /// The credentials that streams and joins came with.
        var tokens: [String] = []
        /// The `Range` headers of artefact requests.
        var ranges: [String?] = []
    }

    let state = Mutex(State())
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    let url: String

    init(port: Int = 0) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let holder = Holder()
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeHandler(holder: holder))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
        holder.set(self)
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    func stop() async {
        let streams = state.withLock(\.streams)
        for stream in streams { stream.close(promise: nil) }
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    /// Takes an artefact in and answers its reference.
    func add(_ bytes: [UInt8], digest: String) -> ArtefactReference {
        state.withLock { $0.artefacts[digest] = bytes }
        return ArtefactReference(digest: digest, size: Int64(bytes.count))
    }

    func want(_ services: [DesiredService]) {
        let (streams, text) = state.withLock { state in
            state.desired = DesiredState(epoch: state.desired.epoch + 1, services: services)
            return (state.streams, FakeServer.event("desired", state.desired))
        }
        for stream in streams { FakeHandler.send(text, on: stream) }
    }

    func cutStreams() {
        for stream in state.withLock(\.streams) { stream.close(promise: nil) }
    }

    func ask(_ request: LogRequest) {
        let streams = state.withLock(\.streams)
        for stream in streams { FakeHandler.send(FakeServer.event("logs", request), on: stream) }
    }

    static func event(_ name: String, _ value: some Encodable) -> String {
        let json = (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return "event: \(name)\ndata: \(json)\n\n"
    }

    func report() -> HostReport? { state.withLock(\.reports.last) }

    func service(_ name: String) -> ServiceReport? { report()?.services.first { $0.service == name } }
}

final class Holder: Sendable {
    private let server = Mutex<FakeServer?>(nil)
    func set(_ server: FakeServer) { self.server.withLock { $0 = server } }
    var value: FakeServer? { server.withLock { $0 } }
}

private final class FakeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let holder: Holder
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(holder: Holder) { self.holder = holder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let buffer):
            body.append(contentsOf: buffer.readableBytesView)
            if let id = head?.uri.split(separator: "/").last, head?.uri.contains("/logs/") == true {
                let text = String(buffer: buffer)
                holder.value?.state.withLock { $0.logs[String(id), default: ""] += text }
            }
        case .end: if let head { answer(head, context.channel) }
        }
    }

    private func answer(_ head: HTTPRequestHead, _ channel: any Channel) {
        guard let server = holder.value else { return }
        let data = Data(body)
        switch head.uri {
        case "/v1/agent/join", "/v1/agent/stream":
            let isJoin = head.uri.hasSuffix("join")
            let token = head.headers["Authorization"].first ?? "none"
            let refusal = server.state.withLock { state -> Int? in
                state.tokens.append("\(isJoin ? "join" : "stream") \(token.dropFirst(7))")
                if isJoin { return state.refusedJoins.isEmpty ? nil : state.refusedJoins.removeFirst() }
                return state.refusedStreams.isEmpty ? nil : state.refusedStreams.removeFirst()
            }
            if let refusal { return FakeHandler.reply(refusal, [], on: channel) }
            if !isJoin { return openStream(server, channel) }
            if let join = try? JSONDecoder().decode(JoinRequest.self, from: data) {
                server.state.withLock { $0.joins.append(join) }
            }
            FakeHandler.reply(200, Array(#"{"token":"secret"}"#.utf8), on: channel)
        case "/v1/agent/report":
            if let report = try? JSONDecoder().decode(HostReport.self, from: data) {
                server.state.withLock { $0.reports.append(report) }
            }
            FakeHandler.reply(204, [], on: channel)
        case "/v1/agent/samples":
            let text = String(decoding: body, as: UTF8.self)
            server.state.withLock { $0.samples.append(text) }
            FakeHandler.reply(204, [], on: channel)
        case let uri where uri.hasPrefix("/v1/agent/logs/"): FakeHandler.reply(204, [], on: channel)
        case let uri where uri.hasPrefix("/v1/artefacts/"): artefact(head, server, channel)
        default: FakeHandler.reply(404, [], on: channel)
        }
    }

    private func openStream(_ server: FakeServer, _ channel: any Channel) {
        let hello = StreamHello(server: "fake", heartbeat: .seconds(1), reconnectWithin: .milliseconds(50))
        let desired = server.state.withLock { state in
            state.streams.append(channel)
            return state.desired
        }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Type": "text/event-stream"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        FakeHandler.send(FakeServer.event("hello", hello), on: channel)
        if desired.epoch > 0 { FakeHandler.send(FakeServer.event("desired", desired), on: channel) }
    }

    private func artefact(_ head: HTTPRequestHead, _ server: FakeServer, _ channel: any Channel) {
        let digest = String(head.uri.dropFirst("/v1/artefacts/".count))
        let range = head.headers["Range"].first
        let (bytes, cut) = server.state.withLock { state in
            state.ranges.append(range)
            return (state.artefacts[digest], state.cuts.isEmpty ? nil : state.cuts.removeFirst())
        }
        guard let bytes else { return FakeHandler.reply(404, [], on: channel) }
        let start = range.flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
        let part = Array(bytes.dropFirst(start))
        guard let cut else { return FakeHandler.reply(start > 0 ? 206 : 200, part, on: channel) }
        FakeHandler.reply(start > 0 ? 206 : 200, Array(part.prefix(cut)), length: part.count, on: channel)
    }

    static func send(_ text: String, on channel: any Channel) {
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
    }

    /// - Parameter length: what is announced, when more than what is sent: the connection is cut then.
    static func reply(_ status: Int, _ body: [UInt8], length: Int? = nil, on channel: any Channel) {
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
        if status != 204 { head.headers.add(name: "Content-Length", value: "\(length ?? body.count)") }
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        if let length, length > body.count {
            channel.flush()
            channel.eventLoop.scheduleTask(in: .milliseconds(50)) { channel.close(promise: nil) }
        } else {
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        }
    }
}
