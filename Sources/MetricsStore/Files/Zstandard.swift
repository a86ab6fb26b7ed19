import CZstd

/// Packs and unpacks pages with libzstd; one for each thread that does.
final class Zstandard {
    private let packing: OpaquePointer?
    private let unpacking: OpaquePointer?

    init() {
        packing = ZSTD_createCCtx()
        unpacking = ZSTD_createDCtx()
    }

    deinit {
        ZSTD_freeCCtx(packing)
        ZSTD_freeDCtx(unpacking)
    }

    /// Empty when there is no memory for it.
    func pack(_ bytes: [UInt8], level: CInt = 3) -> [UInt8] {
        let room = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = bytes.withUnsafeBytes {
                let result = ZSTD_compressCCtx(packing, buffer.baseAddress, room, $0.baseAddress, $0.count, level)
                return ZSTD_isError(result) != 0 ? 0 : result
            }
        }
    }

    /// `nil` when the bytes are damaged or become another number of bytes.
    func unpack(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        let unpacked = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let result = ZSTD_decompressDCtx(unpacking, buffer.baseAddress, count, bytes.baseAddress, bytes.count)
            filled = ZSTD_isError(result) != 0 ? 0 : result
        }
        return unpacked.count == count ? unpacked : nil
    }
}
