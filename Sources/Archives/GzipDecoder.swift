import CZlib

/// Unpacks gzip, of one or several members.
final class GzipDecoder: Decoder {
    private var stream = z_stream()
    private var isBetweenMembers = false

    init() throws(ArchiveError) {
        // 15: the largest window; 16: gzip's framing.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ArchiveError(.unreadable, "no memory to unpack gzip")
        }
    }

    deinit { inflateEnd(&stream) }

    func decode(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8] {
        while !input.isEmpty {
            if isBetweenMembers { try beginMember() }
            let output = try inflateSome(&input)
            if !output.isEmpty { return output }
        }
        return []
    }

    func finish() throws(ArchiveError) {
        guard isBetweenMembers else {
            throw ArchiveError(.truncated, "the gzip data ends too early: it was cut off")
        }
    }

    private func beginMember() throws(ArchiveError) {
        guard inflateReset(&stream) == Z_OK else { throw ArchiveError(.damaged, "the gzip data is damaged") }
        isBetweenMembers = false
    }

    private func inflateSome(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8] {
        var result: Int32 = Z_OK
        var left = 0
        let output = [UInt8](unsafeUninitializedCapacity: FileSource.chunkSize) { buffer, initialized in
            input.withUnsafeBufferPointer { bytes in
                // zlib only reads it; its header does not say so.
                stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.avail_in = UInt32(bytes.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                result = inflate(&stream, Z_NO_FLUSH)
                left = Int(stream.avail_in)
                initialized = buffer.count - Int(stream.avail_out)
            }
        }
        input = input.suffix(left)
        switch result {
        case Z_STREAM_END: isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw ArchiveError(.damaged, "the gzip data is damaged")
        }
        return output
    }
}
