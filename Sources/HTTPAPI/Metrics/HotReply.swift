import NIOCore
import NIOHTTP1
import QueryJSON

/// An answer that was made off the event loop.
struct HotReply: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer?

    init(_ status: HTTPResponseStatus, headers: HTTPHeaders = HTTPHeaders(), body: ByteBuffer? = nil) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    init(json: [UInt8], status: HTTPResponseStatus = .ok) {
        self.init(status, headers: HTTPHeaders([("content-type", "application/json")]), body: ByteBuffer(bytes: json))
    }

    static func text(_ text: String, status: HTTPResponseStatus) -> HotReply {
        HotReply(
            status, headers: HTTPHeaders([("content-type", "text/plain; charset=utf-8")]),
            body: ByteBuffer(string: text + "\n"))
    }

    /// An error as Prometheus' API words it.
    static func failure(_ status: Int, _ type: String, _ message: String) -> HotReply {
        HotReply(json: QueryBody.failure(type: type, message), status: HTTPResponseStatus(statusCode: status))
    }
}

/// Whoever waits for an answer that is made off the event loop.
struct HotWork {
    /// On the connection's event loop.
    let reply: EventLoopFuture<HotReply>
    /// The client went away: nobody wants the answer any longer.
    let cancel: () -> Void
}
