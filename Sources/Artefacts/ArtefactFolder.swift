import FoundationEssentials
import Glibc
import Synchronization
import Wire

/// The layout on disk: `incoming/` for uploads under way, `sha256/ab/abcdef…` for what is whole.
final class ArtefactFolder: Sendable {
    let directory: String
    /// Held from looking at an artefact until acting on what was seen, so that none is collected while it is uploaded again.
    private let changing = Mutex(())

    init(directory: String) {
        self.directory = directory
    }

    var incoming: String { "\(directory)/incoming" }
    private var whole: String { "\(directory)/sha256" }

    /// Makes the folders, private to their owner, and removes what a crash left of uploads.
    func prepare() throws(Problem) {
        for folder in [directory, incoming, whole] { try ArtefactFolder.make(folder) }
        for name in ArtefactFolder.names(in: incoming) { unlink("\(incoming)/\(name)") }
    }

    func path(_ digest: ArtefactDigest) -> String {
        "\(whole)/\(digest.hexadecimal.prefix(2))/\(digest.hexadecimal)"
    }

    /// The size in bytes, and when it was stored or last uploaded again, in seconds since 1970; `nil` when it is absent.
    func status(_ digest: ArtefactDigest) -> (size: Int64, stored: Int)? {
        var status = stat()
        guard stat(path(digest), &status) == 0 else { return nil }
        return (Int64(status.st_size), status.st_mtim.tv_sec)
    }

    /// Makes a whole upload, which is on disk, visible under its digest. When the same bytes are there already they stay,
    /// and count as stored now.
    func adopt(_ upload: String, size: Int64, as digest: ArtefactDigest) throws(Problem) {
        let folder = "\(whole)/\(digest.hexadecimal.prefix(2))"
        try ArtefactFolder.make(folder)
        let target = path(digest)
        let renamed = changing.withLock { _ -> Bool in
            if status(digest)?.size == size, utimensat(AT_FDCWD, target, nil, 0) == 0 { return unlink(upload) == 0 }
            return rename(upload, target) == 0
        }
        guard renamed else { throw ArtefactFolder.problem("store", target) }
        try ArtefactFolder.synchronise(folder)
        try ArtefactFolder.synchronise(whole)
    }

    /// Returns whether there was one. With `storedBefore`, in seconds since 1970, a newer one stays.
    func remove(_ digest: ArtefactDigest, storedBefore: Int? = nil) -> Bool {
        changing.withLock { _ in
            if let storedBefore {
                guard let stored = status(digest)?.stored, stored <= storedBefore else { return false }
            }
            return unlink(path(digest)) == 0
        }
    }

    func all() -> [ArtefactDigest] {
        ArtefactFolder.names(in: whole).sorted().flatMap { folder in
            ArtefactFolder.names(in: "\(whole)/\(folder)").sorted().compactMap { ArtefactDigest("sha256:\($0)") }
        }
    }

    /// A problem with the file system, with what to do about it.
    static func problem(_ verb: String, _ path: String) -> Problem {
        let code = errno
        let why = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            return Problem(
                .unavailable, "cannot \(verb) the artefact: the server's disk is full",
                hint: "free space below \(path) and upload again; nothing of it was kept")
        case EACCES, EPERM, EROFS:
            return Problem(
                .unavailable, "cannot \(verb) the artefact: \(path): \(why)",
                hint: "give the server's user the right to write there")
        default:
            return Problem(
                .unavailable, "cannot \(verb) the artefact: \(path): \(why)",
                hint: "look at the server's disk, then upload again")
        }
    }

    private static func make(_ folder: String) throws(Problem) {
        if access(folder, W_OK | X_OK) == 0 { return }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST, access(folder, W_OK | X_OK) == 0 else {
            throw problem("make a folder for", folder)
        }
    }

    private static func synchronise(_ folder: String) throws(Problem) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem("store", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw problem("store", folder) }
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
