import CZlib
public import NIOCore

/// Packs and unpacks whole messages with gzip.
public enum Gzip {
    public enum Failure: Error, Hashable, Sendable {
        /// It would become larger than allowed.
        case tooLarge
        /// It is not gzip, or was cut off.
        case malformed
        case noMemory
    }

    /// Unpacks one message, of at most `limit` bytes however small it came.
    public static func unpack(_ message: ByteBuffer, limit: Int) throws(Failure) -> ByteBuffer {
        var stream = z_stream()
        // 15: the largest window; 16: gzip's framing.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
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
        guard output.readableBytes <= limit else { throw .tooLarge }
        guard result == Z_STREAM_END, stream.avail_in == 0 else { throw .malformed }
        return output
    }

    /// Packs a message; `nil` when zlib cannot, and the message then goes as it is.
    /// - Parameter level: from 1 (fast) through 9 (small); -1 for zlib's own choice.
    public static func pack(_ message: ByteBuffer, level: Int32 = -1) -> ByteBuffer? {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
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
