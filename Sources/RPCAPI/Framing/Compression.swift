import CZlib
import NIOCore

/// How messages may be encoded on the wire.
enum MessageEncoding: Sendable {
    case identity
    case gzip

    /// `nil` for one that is not understood.
    init?(name: String) {
        switch name {
        case "", "identity": self = .identity
        case "gzip": self = .gzip
        default: return nil
        }
    }

    static let understood = "identity,gzip"
}

/// Packs and unpacks single messages with gzip.
enum Gzip {
    /// Unpacks one message, of at most `limit` bytes however small it came.
    static func unpack(_ message: ByteBuffer, limit: Int) throws(RPCStatus) -> ByteBuffer {
        var stream = z_stream()
        // 15: the largest window; 16: gzip's framing.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw RPCStatus(.resourceExhausted, "no memory to unpack the message")
        }
        defer { inflateEnd(&stream) }
        var output = ByteBuffer()
        var result = Z_OK
        message.withUnsafeReadableBytes { input in
            // zlib reads its input only; its interface is older than `const`.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            while result == Z_OK && output.readableBytes <= limit {
                let size = min(max(1024, input.count * 4), 64 << 10)
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { room in
                    stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    stream.avail_out = UInt32(clamping: room.count)
                    result = inflate(&stream, Z_NO_FLUSH)
                    return room.count - Int(stream.avail_out)
                }
            }
        }
        guard output.readableBytes <= limit else { throw .tooLarge("the unpacked message", limit: limit) }
        guard result == Z_STREAM_END, stream.avail_in == 0 else {
            throw RPCStatus(.internal, "the message is not the gzip data that it is said to be")
        }
        return output
    }

    /// Packs a message; `nil` when zlib cannot, and the message then goes as it is.
    static func pack(_ message: ByteBuffer) -> ByteBuffer? {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        var result = Z_OK
        message.withUnsafeReadableBytes { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            let bound = Int(deflateBound(&stream, UInt(input.count)))
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { room in
                stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(clamping: room.count)
                result = deflate(&stream, Z_FINISH)
                return room.count - Int(stream.avail_out)
            }
        }
        return result == Z_STREAM_END ? output : nil
    }
}
