import Glibc
import Ports

/// The store's place on disk: its folder, the file's mode, and the lock that keeps other processes away.
enum StoreFile {
    /// Makes the folder (mode 0700) and the file (mode 0600) when they are missing, and narrows the file's mode.
    static func prepare(_ path: String) throws(StoreError) {
        let folder = folder(of: path)
        try makeFolder(folder)
        guard access(folder, W_OK | X_OK) == 0 else {
            throw .unusable(
                "cannot write in \(folder): \(lastError()); give this user the right to, or choose another folder")
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable("cannot open \(path): \(lastError()); give this user the right to read and write it")
        }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw .unusable("cannot make \(path) private to its owner: \(lastError())")
        }
        try synchroniseFolder(of: path)
    }

    /// Puts a new or renamed file's name on disk.
    static func synchroniseFolder(of path: String) throws(StoreError) {
        let folder = folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open the folder \(folder): \(lastError())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .cannotWrite("cannot write the folder \(folder): \(lastError())") }
    }

    /// The file's size in bytes, `nil` when there is none.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int64(status.st_size)
    }

    static func lastError() -> String { String(cString: strerror(errno)) }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func makeFolder(_ folder: String) throws(StoreError) {
        if access(folder, F_OK) == 0 { return }
        // The folders above it are made too, as `mkdir -p` does.
        let above = self.folder(of: folder)
        if above != folder, above != "." { try makeFolder(above) }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw .unusable("cannot make the folder \(folder): \(lastError()); make it, or choose another folder")
        }
    }
}

/// An advisory lock on `PATH.lock` for the life of the process, with the holder's process identifier in it.
///
/// The file stays when the lock is released: removing it would let two processes lock two different files of one name.
final class StoreLock: Sendable {
    private let descriptor: Int32

    init(store path: String) throws(StoreError) {
        let lockPath = path + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable("cannot open the lock file \(lockPath): \(StoreFile.lastError())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            guard errno == EWOULDBLOCK else {
                throw .unusable("cannot lock \(lockPath): \(StoreFile.lastError()); use a local file system")
            }
            let holder = StoreLock.holder(descriptor).map { "process \($0)" } ?? "another process"
            throw .unusable("\(path) is in use by \(holder); stop it first, or use another data folder")
        }
        self.descriptor = descriptor
        let text = Array("\(getpid())\n".utf8)
        // The text only helps people; the lock is what counts, so that a full disk does not matter here.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        close(descriptor)
    }

    func release() {
        _ = flock(descriptor, LOCK_UN)
    }

    private static func holder(_ descriptor: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
