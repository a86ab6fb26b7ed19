import CZstd

/// Unpacks Zstandard, of one or several frames. The library refuses windows above 128 MiB, which bounds its memory.
final class ZstandardDecoder: Decoder {
    private let stream: OpaquePointer
    /// What the decoder still expects; 0 between frames.
    private var expected = 0
    /// The last output filled its buffer: there may be more without further input.
    private var mayHoldMore = false

    init() throws(ArchiveError) {
        guard let stream = ZSTD_createDStream() else { throw ArchiveError(.unreadable, "no memory to unpack zstd") }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func decode(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8] {
        while !input.isEmpty || mayHoldMore {
            let output = try decompressSome(&input)
            if !output.isEmpty { return output }
        }
        return []
    }

    func finish() throws(ArchiveError) {
        guard expected == 0 else { throw ArchiveError(.truncated, "the zstd data ends too early: it was cut off") }
    }

    private func decompressSome(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8] {
        var result = 0
        var used = 0
        let output = [UInt8](unsafeUninitializedCapacity: FileSource.chunkSize) { buffer, initialized in
            input.withUnsafeBytes { bytes in
                var from = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
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
        input = input.dropFirst(used)
        // Asked without input between two frames, the library answers what the next one would need at least.
        if used > 0 || !output.isEmpty { expected = result }
        mayHoldMore = output.count == FileSource.chunkSize
        return output
    }
}
