import Glibc
import NIOCore
import NIOPosix

/// A file that is read piece by piece, on the threads that may wait for a disk.
final class FilePieces: Sendable {
    private let descriptor: Int32

    static func open(_ path: String) async throws -> FilePieces {
        try await NIOThreadPool.singleton.runIfActive {
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "open") }
            return FilePieces(descriptor)
        }
    }

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Up to `count` bytes from `offset` on; empty at the file's end.
    func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [descriptor] in
            var buffer = ByteBuffer()
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                while true {
                    let size = pread(descriptor, space.baseAddress, count, off_t(offset))
                    if size >= 0 { return size }
                    guard errno == EINTR else { throw IOError(errnoCode: errno, reason: "pread") }
                }
            }
            return buffer
        }
    }
}
