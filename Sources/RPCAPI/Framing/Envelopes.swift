import NIOCore

/// The five bytes before every message of gRPC, gRPC-Web and Connect streams: flags and a length.
enum Envelope {
    static let compressed: UInt8 = 0x01
    /// The last envelope of a Connect stream: how it ended.
    static let connectEnd: UInt8 = 0x02
    /// gRPC-Web's trailers, which have no place of their own in HTTP/1.1.
    static let webTrailers: UInt8 = 0x80

    static func wrap(_ message: [UInt8], flags: UInt8 = 0) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(message.count + 5)
        buffer.writeInteger(flags)
        buffer.writeInteger(UInt32(message.count))
        buffer.writeBytes(message)
        return buffer
    }

    static func wrap(_ message: ByteBuffer, flags: UInt8) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(message.readableBytes + 5)
        buffer.writeInteger(flags)
        buffer.writeInteger(UInt32(message.readableBytes))
        buffer.writeImmutableBuffer(message)
        return buffer
    }
}

/// Takes messages out of the bytes of a request, in whatever pieces they come.
struct EnvelopeReader {
    struct Message {
        var flags: UInt8
        var bytes: ByteBuffer
    }

    private var rest: ByteBuffer?

    /// Bytes that wait for the rest of their message.
    var waitingBytes: Int { rest?.readableBytes ?? 0 }

    mutating func append(_ bytes: ByteBuffer) {
        guard rest != nil else {
            rest = bytes
            return
        }
        var bytes = bytes
        rest?.writeBuffer(&bytes)
    }

    /// The next complete message; `nil` until more bytes come.
    ///
    /// - Throws: `RESOURCE_EXHAUSTED` as soon as a message says that it is larger than `limit`.
    mutating func next(limit: Int) throws(RPCStatus) -> Message? {
        guard var bytes = rest else { return nil }
        let start = bytes.readerIndex
        guard let flags = bytes.getInteger(at: start, as: UInt8.self),
            let length = bytes.getInteger(at: start + 1, as: UInt32.self)
        else { return compact() }
        guard Int(length) <= limit else { throw .tooLarge("the message", limit: limit) }
        guard bytes.readableBytes >= 5 + Int(length) else { return compact() }
        rest = nil
        bytes.moveReaderIndex(forwardBy: 5)
        guard let message = bytes.readSlice(length: Int(length)) else { return nil }
        if bytes.readableBytes > 0 { rest = bytes }
        return Message(flags: flags, bytes: message)
    }

    /// What is kept for later is copied: a slice would hold on to the whole buffer that the connection read into.
    private mutating func compact() -> Message? {
        if let bytes = rest, bytes.storageCapacity > 2 * bytes.readableBytes + 1024 {
            rest = ByteBuffer(buffer: bytes)
        }
        return nil
    }
}
