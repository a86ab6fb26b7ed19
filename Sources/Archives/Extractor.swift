import Glibc

/// Writes an archive's entries below one folder that nobody else writes to.
struct Extractor {
    private let root: String
    private var tree: EntryTree
    private var file: OpenFile?
    private(set) var bytes: Int64 = 0

    /// The file whose bytes come next.
    private struct OpenFile {
        let descriptor: Descriptor
        let entry: String
        var remaining: Int64
    }

    var entries: Int { tree.nodes.count }

    init(root: String, limits: UnpackLimits) {
        self.root = root
        tree = EntryTree(limit: limits.entries)
    }

    mutating func begin(_ entry: TarEntry) throws(ArchiveError) {
        guard let (path, directories) = try tree.insert(entry) else { return }
        for directory in directories where mkdir("\(root)/\(directory)", 0o755) != 0 {
            throw .system(.unwritable, entry: entry.path, "make the folder")
        }
        switch entry.kind {
        case .directory, .symbolicLink: break
        case .hardLink(let target):
            let source = try tree.hardLinkTarget(target, of: entry.path)
            if link("\(root)/\(source)", "\(root)/\(path)") != 0 {
                throw .system(.unwritable, entry: entry.path, "make the hard link")
            }
        case .file(let executable):
            try create(path, executable: executable, entry)
        }
    }

    mutating func append(_ data: ArraySlice<UInt8>) throws(ArchiveError) {
        guard var current = file else { return }
        guard current.descriptor.write(data) else {
            throw .system(.unwritable, entry: current.entry, "write it")
        }
        bytes += Int64(data.count)
        current.remaining -= Int64(data.count)
        file = current.remaining > 0 ? current : nil
    }

    /// Makes the symbolic links, once all of them are known to stay inside.
    mutating func finish() throws(ArchiveError) {
        if entries == 0 { throw ArchiveError(.unknownFormat, "the archive is empty") }
        for link in try tree.checkedLinks() where symlink(link.target, "\(root)/\(link.path)") != 0 {
            throw .system(.unwritable, entry: link.path, "make the symbolic link")
        }
    }

    /// Returns once everything is on the disk: after a power cut the folder is either complete or absent.
    func sync() throws(ArchiveError) {
        try sync("")
        for (path, node) in tree.nodes {
            if case .symbolicLink = node { continue }
            try sync(path)
        }
    }

    private func sync(_ path: String) throws(ArchiveError) {
        guard let descriptor = Descriptor("\(root)/\(path)", O_RDONLY | O_NOFOLLOW), fsync(descriptor.raw) == 0 else {
            throw .system(.unwritable, entry: path, "bring it to the disk")
        }
    }

    private mutating func create(_ path: String, executable: Bool, _ entry: TarEntry) throws(ArchiveError) {
        let mode: mode_t = executable ? 0o755 : 0o644
        guard let descriptor = Descriptor("\(root)/\(path)", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        else {
            throw .system(.unwritable, entry: entry.path, "create it")
        }
        // Whatever the umask says, and without any set-user bit that the archive may carry.
        fchmod(descriptor.raw, mode)
        file = entry.size == 0 ? nil : OpenFile(descriptor: descriptor, entry: entry.path, remaining: entry.size)
    }
}
