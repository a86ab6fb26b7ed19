import CZlib

/// Unpacks gzip, of one or several members.
final class GzipSource: ByteSource {
    private let source: any ByteSource
    private var stream = z_stream()
    private var input: [UInt8] = []
    private var used = 0
    private var isBetweenMembers = false

    var packed: Int64 { source.packed }

    init(_ source: any ByteSource) throws(ArchiveError) {
        self.source = source
        // 15: the largest window; 16: gzip's framing.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ArchiveError(.unreadable, "no memory to unpack gzip")
        }
    }

    deinit { inflateEnd(&stream) }

    func next() throws(ArchiveError) -> [UInt8] {
        while true {
            if used == input.count {
                input = try source.next()
                used = 0
                if input.isEmpty {
                    guard isBetweenMembers else {
                        throw ArchiveError(.truncated, "the gzip data ends too early: it was cut off")
                    }
                    return []
                }
            }
            if isBetweenMembers { try beginMember() }
            let output = try inflateSome()
            if !output.isEmpty { return output }
        }
    }

    private func beginMember() throws(ArchiveError) {
        guard inflateReset(&stream) == Z_OK else { throw ArchiveError(.damaged, "the gzip data is damaged") }
        isBetweenMembers = false
    }

    private func inflateSome() throws(ArchiveError) -> [UInt8] {
        var result: Int32 = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: FileSource.chunkSize) { buffer, initialized in
            input.withUnsafeMutableBufferPointer { bytes in
                stream.next_in = bytes.baseAddress.map { $0 + used }
                stream.avail_in = UInt32(bytes.count - used)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                result = inflate(&stream, Z_NO_FLUSH)
                used = bytes.count - Int(stream.avail_in)
                initialized = buffer.count - Int(stream.avail_out)
            }
        }
        switch result {
        case Z_STREAM_END: isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw ArchiveError(.damaged, "the gzip data is damaged")
        }
        return output
    }
}
