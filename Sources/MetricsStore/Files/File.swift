import Glibc

/// An open file; closed when nobody needs it any more.
final class File: Sendable {
    let descriptor: CInt
    let path: String

    /// Opens a file to read and write.
    /// - Parameter flags: `O_CREAT`, `O_TRUNC` and others beside `O_RDWR`.
    init(_ path: String, _ flags: CInt = 0) throws(StoreError) {
        descriptor = open(path, O_RDWR | O_CLOEXEC | flags, 0o600)
        self.path = path
        if descriptor < 0 { throw .last("open", path) }
    }

    deinit { close(descriptor) }

    /// Writes everything at the current place.
    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw .last("write", path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Returns when what was written is on the disk.
    func sync() throws(StoreError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw .last("write", path) }
        }
    }

    /// Cuts the file, or takes zeros to its end; the next write goes there.
    func truncate(to length: Int) throws(StoreError) {
        guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) >= 0
        else { throw .last("cut", path) }
    }

    /// Takes the room on the disk now, so that later writes through a mapping cannot fail for want of it.
    func reserve(_ length: Int) throws(StoreError) {
        let code = posix_fallocate(descriptor, 0, off_t(length))
        if code != 0 {
            errno = code
            throw .last("reserve", path)
        }
    }

    var length: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }
}
