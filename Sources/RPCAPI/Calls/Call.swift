import Compression
import NIOCore
import NIOHTTP2
import Ports

/// One call, from its headers to its end. Confined to its connection's event loop.
final class Call {
    enum Stage {
        /// The request is not complete.
        case receiving
        /// Messages go out; for reflection, they come in as well.
        case streaming
        /// All is said. Should more of the request come, it is dropped.
        case ended
    }

    let id: HTTP2StreamID
    let method: RPCMethod
    let dialect: Dialect
    let head: CallHead
    let encoding: MessageEncoding
    let answersGzip: Bool
    let timeout: TimeAmount?

    var stage = Stage.receiving
    /// Whose flags the call is about, where that is known from the headers.
    var feed: (any FlagFeed)?
    /// Whether the client has said everything.
    var isRequestComplete = false
    var reader = EnvelopeReader()
    /// The only message of the request, as far as it has come.
    var message: ByteBuffer?
    var stream: OpenStream?
    var timer: Scheduled<Void>?
    /// Answers on their way, of a stream whose client decides how many there are.
    var unsentMessages = 0

    init(id: HTTP2StreamID, method: RPCMethod, dialect: Dialect, head: CallHead) throws(RPCStatus) {
        self.id = id
        self.method = method
        self.dialect = dialect
        self.head = head
        try head.checkConnectVersion(dialect.form)
        encoding = try head.encoding(dialect.form)
        answersGzip = encoding == .gzip && head.acceptsGzip(dialect.form)
        timeout = try head.timeoutNanoseconds(dialect.form).map { .nanoseconds($0) }
        if let timeout, timeout <= .zero { throw .deadlineExceeded }
    }

    /// How many of them the connection has counted.
    var countedBytes = 0

    /// What is kept of the request until it is complete.
    var waitingBytes: Int { reader.waitingBytes + (message?.readableBytes ?? 0) }

    /// Takes a piece of the request's body; where there are envelopes, `nextMessage` takes the messages out of them.
    func receive(_ bytes: ByteBuffer) throws(RPCStatus) {
        if dialect.isEnveloped { return reader.append(bytes) }
        guard (message?.readableBytes ?? 0) + bytes.readableBytes <= Limits.messageBytes else {
            throw .tooLarge("the message", limit: Limits.messageBytes)
        }
        guard message != nil else {
            message = bytes
            return
        }
        message?.writeImmutableBuffer(bytes)
    }

    /// The next message out of its envelope, unpacked.
    func nextMessage() throws(RPCStatus) -> ByteBuffer? {
        guard let next = try reader.next(limit: Limits.messageBytes) else { return nil }
        guard next.flags & ~Envelope.compressed == 0 else {
            throw RPCStatus(.internal, "an envelope has the flags \(next.flags), which are not understood")
        }
        guard next.flags & Envelope.compressed != 0 else { return next.bytes }
        guard encoding == .gzip else {
            throw RPCStatus(.internal, "a message is marked as packed, and no header says how")
        }
        return try Gzip.unpacked(next.bytes, limit: Limits.messageBytes)
    }

    /// The one message of a complete request.
    func onlyMessage() throws(RPCStatus) -> ByteBuffer {
        if dialect.isEnveloped {
            guard reader.waitingBytes == 0, let message else { throw .noMessage }
            return message
        }
        let body = message ?? ByteBuffer()
        return encoding == .gzip ? try Gzip.unpacked(body, limit: Limits.messageBytes) : body
    }
}
