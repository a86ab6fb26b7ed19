import CZstd

/// Unpacks Zstandard, of one or several frames. The library refuses windows above 128 MiB, which bounds its memory.
final class ZstandardSource: ByteSource {
    private let source: any ByteSource
    private let stream: OpaquePointer
    private var input: [UInt8] = []
    private var used = 0
    /// What the decoder still expects; 0 between frames.
    private var expected = 0
    /// The last output filled its buffer: there may be more without further input.
    private var mayHoldMore = false

    var packed: Int64 { source.packed }

    init(_ source: any ByteSource) throws(ArchiveError) {
        guard let stream = ZSTD_createDStream() else { throw ArchiveError(.unreadable, "no memory to unpack zstd") }
        self.source = source
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func next() throws(ArchiveError) -> [UInt8] {
        while true {
            if used == input.count, !mayHoldMore {
                input = try source.next()
                used = 0
                if input.isEmpty {
                    guard expected == 0 else {
                        throw ArchiveError(.truncated, "the zstd data ends too early: it was cut off")
                    }
                    return []
                }
            }
            let output = try decompressSome()
            if !output.isEmpty { return output }
        }
    }

    private func decompressSome() throws(ArchiveError) -> [UInt8] {
        var result = 0
        let before = used
        let output = [UInt8](unsafeUninitializedCapacity: FileSource.chunkSize) { buffer, initialized in
            input.withUnsafeBytes { bytes in
                var from = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: used)
                var to = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                result = ZSTD_decompressStream(stream, &to, &from)
                used = from.pos
                initialized = to.pos
            }
        }
        if ZSTD_isError(result) != 0 {
            let reason = String(cString: ZSTD_getErrorName(result))
            throw ArchiveError(.damaged, "the zstd data is damaged, or needs too much memory (\(reason))")
        }
        // Asked without input between two frames, the library answers what the next one would need at least.
        if used > before || !output.isEmpty { expected = result }
        mayHoldMore = output.count == FileSource.chunkSize
        return output
    }
}
