import NIOCore
import NIOHTTP1

/// A request that is answered on the event loop itself, from its head to its end. Confined to its connection's event loop.
protocol HotExchange: AnyObject {
    /// How the server's own metrics name it: a pattern, never a path.
    var label: String { get }
    /// Bytes of the body that are held.
    var bodyBytes: Int { get }
    var expectsContinue: Bool { get }

    /// Everything that can be known from the head.
    func admit(_ hall: Hall, isTLS: Bool, address: RemoteAddress) throws(Refusal)
    /// Takes a part of the body, unless it becomes too large.
    func append(_ bytes: ByteBuffer, _ hall: Hall) throws(Refusal)
    /// The request is complete.
    func finish(_ hall: Hall, _ loop: LoopState) throws(Refusal) -> HotAnswer
}

/// What a hot request is answered with.
enum HotAnswer {
    case plain(HTTPResponseStatus, HTTPHeaders, ByteBuffer?)
    /// The answer is made elsewhere.
    case later(HotWork)
    /// The connection becomes a stream, which is made known to whoever writes to it.
    case stream(HTTPHeaders, attach: (EventStream) throws(Refusal) -> Void)
}
