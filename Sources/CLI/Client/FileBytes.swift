import Glibc

/// A file read piece by piece. The caller keeps the file open: `name` is for messages only.
struct FileBytes: Sendable {
    var descriptor: Int32
    var name: String

    /// The next piece, empty at the end.
    func next(atMost limit: Int = 256 << 10) throws -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
                count = read(descriptor, buffer.baseAddress, limit)
                used = max(0, count)
            }
            if count >= 0 { return bytes }
            guard errno == EINTR else { throw systemFailure("cannot read \(name)") }
        }
    }

    /// Everything up to the end; more than `limit` bytes are refused.
    func whole(limit: Int = 64 << 20) throws -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let piece = try next()
            if piece.isEmpty { return result }
            result += piece
            guard result.count <= limit else {
                throw CommandFailure.wrongCall("\(name) is larger than \(limit >> 20) MiB")
            }
        }
    }

    func rewind() {
        lseek(descriptor, 0, SEEK_SET)
    }

    /// Opens a file for the time of `body`.
    static func open<Result>(_ path: String, _ body: (FileBytes) async throws -> Result) async throws -> Result {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("cannot open \(path)") }
        defer { close(descriptor) }
        return try await body(FileBytes(descriptor: descriptor, name: path))
    }

    /// The whole of a file as text.
    static func text(_ path: String) throws -> String {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("cannot open \(path)") }
        defer { close(descriptor) }
        let bytes = try FileBytes(descriptor: descriptor, name: path).whole()
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.wrongCall("\(path) is not UTF-8 text")
        }
        return text
    }
}

/// What the system says of a path.
struct FileFacts {
    var isFolder: Bool
    var size: Int64
    /// Who may do what, for example `0o600`.
    var mode: UInt32

    /// `nil` when there is no such file, or nobody may look.
    init?(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        isFolder = facts.st_mode & S_IFMT == S_IFDIR
        size = Int64(facts.st_size)
        mode = UInt32(facts.st_mode & 0o7777)
    }
}

/// A wrong call, with what the system said of it.
func systemFailure(_ what: String) -> CommandFailure {
    .wrongCall("\(what): \(String(cString: strerror(errno)))")
}

/// Whether this process may read a file.
func mayRead(_ path: String) -> Bool {
    access(path, R_OK) == 0
}
