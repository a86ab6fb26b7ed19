import AsyncHTTPClient
import EventStreams
import NIOCore
import NIOHTTP1

extension APIClient {
    /// Opens the stream of live events. It ends when the server ends it, and throws when it falls silent.
    func events() async throws -> EventSequence {
        var request = request(.GET, Path("events"))
        request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream")
        return EventSequence(body: try await send(request).body, client: self)
    }

    /// Opens a stream of text, for example a service's output.
    func text(_ path: Path) async throws -> HTTPClientResponse.Body {
        var request = request(.GET, path)
        request.headers.replaceOrAdd(name: "Accept", value: "text/plain")
        return try await send(request).body
    }
}

/// The events of `GET /v1/events`, in order.
struct EventSequence: AsyncSequence {
    let body: HTTPClientResponse.Body
    let client: APIClient

    func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), client: client)
    }

    struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        let client: APIClient
        var parser = EventStreamParser()
        var ready: ArraySlice<ServerSentEvent> = []

        mutating func next() async throws -> ServerSentEvent? {
            while ready.isEmpty {
                do {
                    guard let bytes = try await body.next() else { return nil }
                    ready = try parser.feed(bytes.readableBytesView)[...]
                } catch {
                    throw client.unreachable(error)
                }
            }
            return ready.removeFirst()
        }
    }
}
