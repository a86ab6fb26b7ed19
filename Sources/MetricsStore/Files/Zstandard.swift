import CZstd
import Synchronization

/// Packs pages with libzstd; one for each thread that does.
final class ZstandardPacker {
    private let packing = ZSTD_createCCtx()

    deinit { ZSTD_freeCCtx(packing) }

    /// Empty when there is no memory for it.
    func pack(_ bytes: [UInt8], level: CInt = 3) -> [UInt8] {
        guard packing != nil else { return [] }
        let room = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = bytes.withUnsafeBytes {
                let result = ZSTD_compressCCtx(packing, buffer.baseAddress, room, $0.baseAddress, $0.count, level)
                return ZSTD_isError(result) != 0 ? 0 : result
            }
        }
    }
}

/// Unpacks pages with libzstd, by as many threads as like: what libzstd needs for it is used again.
struct ZstandardUnpackers: ~Copyable {
    /// - Safety: a context belongs to one thread between `take` and `giveBack`.
    private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer?
    }

    private let idle = Mutex<[Context]>([])
    private static let most = 8

    deinit { idle.withLock { for context in $0 { ZSTD_freeDCtx(context.pointer) } } }

    private func take() -> Context {
        idle.withLock { $0.popLast() } ?? Context(pointer: ZSTD_createDCtx())
    }

    private func giveBack(_ context: Context) {
        let isKept = idle.withLock { idle in
            guard idle.count < ZstandardUnpackers.most else { return false }
            idle.append(context)
            return true
        }
        if !isKept { ZSTD_freeDCtx(context.pointer) }
    }

    /// `nil` when the bytes are damaged or become another number of bytes.
    func unpack(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        let context = take()
        guard context.pointer != nil else { return nil }
        defer { giveBack(context) }
        let unpacked = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let result = ZSTD_decompressDCtx(context.pointer, buffer.baseAddress, count, bytes.baseAddress, bytes.count)
            filled = ZSTD_isError(result) != 0 ? 0 : result
        }
        return unpacked.count == count ? unpacked : nil
    }
}
