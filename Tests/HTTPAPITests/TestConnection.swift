import NIOCore
import NIOPosix
import NIOSSL

struct TestFailure: Error, CustomStringConvertible {
    var description: String
}

/// An answer as it came over the wire.
struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A client that writes and reads bytes, so that tests see and send exactly what they mean to.
final class TestConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private(set) var pending: [UInt8] = []
    private(set) var isAtEnd = false

    /// Connects, runs the body and closes.
    static func with<Result>(
        port: Int, tls: NIOSSLContext? = nil, _ body: (TestConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(TestConnection(channel, inbound, outbound))
        }
    }

    private init(
        _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.iterator = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    func send(
        _ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws {
        var head = "\(method) \(path) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.0.lowercased() == "host" }) { head += "Host: localhost\r\n" }
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try await send(Array((head + "\r\n").utf8) + (body ?? []))
    }

    /// Sends a request and reads its answer.
    func ask(
        _ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        try await send(method, path, token: token, headers: headers, body: body)
        return try await answer(hasBody: method != "HEAD")
    }

    // MARK: Reading

    private func more() async throws -> Bool {
        guard !isAtEnd, let buffer = try await iterator.next() else {
            isAtEnd = true
            return false
        }
        pending += buffer.readableBytesView
        return true
    }

    /// Reads up to and including a text.
    func read(through end: String) async throws -> String {
        let mark = Array(end.utf8)
        while true {
            if let range = pending.firstRange(of: mark) {
                let text = String(decoding: pending[..<range.upperBound], as: UTF8.self)
                pending.removeFirst(range.upperBound)
                return text
            }
            guard try await more() else {
                throw TestFailure(description: "ended before '\(end)': '\(String(decoding: pending, as: UTF8.self))'")
            }
        }
    }

    func read(count: Int) async throws -> [UInt8] {
        while pending.count < count {
            guard try await more() else { throw TestFailure(description: "ended after \(pending.count) of \(count)") }
        }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    /// Reads until the server closes.
    func readToEnd() async throws -> [UInt8] {
        while try await more() {}
        return pending
    }

    func head() async throws -> Answer {
        let lines = try await read(through: "\r\n\r\n").split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts[0].lowercased()
            if headers[name] != nil { throw TestFailure(description: "the header \(name) came twice") }
            headers[name] = String(parts.count > 1 ? parts[1].drop { $0 == " " } : "")
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, headers: headers, body: [])
    }

    func answer(hasBody: Bool = true) async throws -> Answer {
        var answer = try await head()
        guard hasBody, answer.status != 204, answer.status != 304, answer.status >= 200 else { return answer }
        if answer.headers["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { answer.body += chunk }
        } else if let length = answer.headers["content-length"].flatMap(Int.init) {
            answer.body = try await read(count: length)
        } else {
            answer.body = try await readToEnd()
        }
        return answer
    }

    /// `nil` for the last one. Keep-alive comments, which come whenever they come, are skipped.
    func chunk() async throws -> [UInt8]? {
        while true {
            let line = try await read(through: "\r\n").dropLast()
            guard let size = Int(line, radix: 16) else { throw TestFailure(description: "not a chunk: '\(line)'") }
            let bytes = try await read(count: size)
            _ = try await read(count: 2)
            if size == 0 { return nil }
            if bytes != Array(": \n\n".utf8) { return bytes }
        }
    }
}

extension [UInt8] {
    fileprivate func firstRange(of mark: [UInt8]) -> Range<Int>? {
        guard count >= mark.count else { return nil }
        for start in 0...(count - mark.count) where self[start] == mark[0] {
            if self[start..<start + mark.count].elementsEqual(mark) { return start..<start + mark.count }
        }
        return nil
    }
}
