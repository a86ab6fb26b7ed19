import AsyncHTTPClient
import EventStreams
import NIOCore
import NIOHTTP1
import Synchronization

/// The requests that the SDK makes.
struct ServerLink: Sendable {
    let configuration: HalcyonConfiguration

    /// Refused by the server, in its words.
    struct Refused: Error, CustomStringConvertible {
        var status: UInt
        var text: String
        var description: String { "the server answered \(status): \(text)" }

        /// Whether the same request may succeed later without anybody doing anything.
        var isPassing: Bool { status == 429 || status >= 500 }
    }

    /// Follows the stream of flags until it ends, or is silent for too long. `take` gets each set, with its tag.
    func follow(since etag: String?, take: @escaping @Sendable (ServerSentEvent) -> Void) async throws {
        var request = request(.GET, "/v1/sdk/flags")
        request.headers.add(name: "accept", value: "text/event-stream")
        if let etag { request.headers.add(name: "last-event-id", value: etag) }
        let response = try await HTTPClient.shared.execute(request, deadline: .now() + .hours(24 * 365))
        try await check(response)
        let heard = LastHeard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var parser = EventStreamParser()
                for try await buffer in response.body {
                    heard.note()
                    for event in try parser.feed(buffer.readableBytesView) { take(event) }
                }
            }
            group.addTask { try await heard.wait(forSilence: configuration.silence) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Sends evaluation counts.
    func send(usage body: [UInt8]) async throws {
        var request = request(.POST, "/v1/sdk/usage")
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(body)
        try await check(try await HTTPClient.shared.execute(request, timeout: .seconds(5)))
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        let query = configuration.environment.map { "?environment=\(ServerLink.encoded($0))" } ?? ""
        var request = HTTPClientRequest(url: configuration.server + path + query)
        request.method = method
        if let token = configuration.token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        if (200..<300).contains(response.status.code) { return }
        let body = try? await response.body.collect(upTo: 64 << 10)
        let text = body.map { String(buffer: $0).prefix(500) } ?? ""
        throw Refused(status: response.status.code, text: String(text))
    }

    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(UnicodeScalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

/// When the server was heard last: a connection that is gone without a word is noticed by its silence.
private final class LastHeard: Sendable {
    struct Silent: Error, CustomStringConvertible {
        var description: String { "the server has said nothing for too long" }
    }

    private let last = Mutex(ContinuousClock.now)

    func note() { last.withLock { $0 = .now } }

    /// - Throws: `Silent` when there was nothing for that long.
    func wait(forSilence limit: Duration) async throws {
        while true {
            let end = last.withLock { $0 } + limit
            if end <= .now { throw Silent() }
            try await Task.sleep(until: end)
        }
    }
}
