import Glibc

/// What changes about a file when its content does: looking at it is cheaper than reading it.
struct FileStamp: Hashable, Sendable {
    private var path: String
    private var file: UInt = 0
    private var size: Int = 0
    private var seconds: Int = 0
    private var nanoseconds: Int = 0

    init(_ path: String) {
        self.path = path
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        file = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// The files that a pattern of the shell names, sorted.
func files(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }.sorted()
}
