/// The tree of an archive's entries so far: says where each may go, before anything is written.
///
/// A value without I/O. Symbolic links are only noted, and made once everything else is on the disk: until then no path
/// on the disk can lead anywhere but into the folder.
struct EntryTree: Sendable {
    enum Node: Hashable, Sendable {
        /// Announced by an entry, or only implied by a path.
        case directory(announced: Bool)
        case file(executable: Bool)
        case symbolicLink(target: String)
    }

    /// Of all paths and link targets together, so that memory stays bounded.
    private static let longestNames = 64 << 20
    private static let longestPath = 4095

    let limit: Int
    private(set) var nodes: [String: Node] = [:]
    private var nameBytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// The path below the folder that `spelled` means, without `.` and doubled slashes; empty for the folder itself.
    static func components(of spelled: String, in entry: String) throws(ArchiveError) -> [Substring] {
        if spelled.utf8.first == UInt8(ascii: "/") {
            throw ArchiveError(.unsafe, entry: entry, "'\(spelled)' is an absolute path, outside of the artefact")
        }
        let components = spelled.split(separator: "/").filter { $0 != "." }
        if components.contains("..") {
            throw ArchiveError(.unsafe, entry: entry, "'\(spelled)' leaves the artefact's folder by '..'")
        }
        guard spelled.utf8.count <= longestPath else {
            throw ArchiveError(.unsafe, entry: entry, "its path is longer than \(longestPath) bytes")
        }
        return components
    }

    /// Notes an entry and the folders above it.
    /// - Returns: its path, and the folders that have to be made first, outermost first; `nil` for the folder itself.
    mutating func insert(_ entry: TarEntry) throws(ArchiveError) -> (path: String, newDirectories: [String])? {
        let components = try EntryTree.components(of: entry.path, in: entry.path)
        guard let name = components.last else {
            if case .directory = entry.kind { return nil }
            throw ArchiveError(.unsafe, entry: entry.path, "it has no name of its own")
        }
        var path = ""
        var made: [String] = []
        for component in components.dropLast() {
            path += path.isEmpty ? component : "/\(component)"
            if try enter(path, for: entry) { made.append(path) }
        }
        path += path.isEmpty ? name : "/\(name)"
        if try place(entry, at: path) { made.append(path) }
        return (path, made)
    }

    /// The path of the file that a hard link names.
    func hardLinkTarget(_ target: String, of entry: String) throws(ArchiveError) -> String {
        let path = try EntryTree.components(of: target, in: entry).joined(separator: "/")
        guard case .file? = nodes[path] else {
            let why = "it is a hard link to '\(target)', which is no earlier file of the archive"
            throw ArchiveError(.unsafe, entry: entry, why)
        }
        return path
    }

    /// Whether the folder `path` is new.
    private mutating func enter(_ path: String, for entry: TarEntry) throws(ArchiveError) -> Bool {
        switch nodes[path] {
        case .directory?: return false
        case nil:
            try add(.directory(announced: false), at: path, for: entry)
            return true
        case .file?:
            throw ArchiveError(.duplicate, entry: entry.path, "it lies below '\(path)', which is a file")
        case .symbolicLink?:
            throw ArchiveError(.unsafe, entry: entry.path, "it would be written through the symbolic link '\(path)'")
        }
    }

    /// Whether a folder has to be made for the entry.
    private mutating func place(_ entry: TarEntry, at path: String) throws(ArchiveError) -> Bool {
        let existing = nodes[path]
        switch (entry.kind, existing) {
        case (.directory, .directory(announced: false)?):
            nodes[path] = .directory(announced: true)
            return false
        case (_, .some):
            throw ArchiveError(.duplicate, entry: entry.path, "the archive holds this path twice")
        case (.directory, nil): try add(.directory(announced: true), at: path, for: entry)
        case (.symbolicLink(let target), nil): try add(.symbolicLink(target: target), at: path, for: entry)
        case (.file(let executable), nil): try add(.file(executable: executable), at: path, for: entry)
        case (.hardLink(let target), nil):
            let executable = nodes[try hardLinkTarget(target, of: entry.path)] == .file(executable: true)
            try add(.file(executable: executable), at: path, for: entry)
        }
        return entry.kind == .directory
    }

    private mutating func add(_ node: Node, at path: String, for entry: TarEntry) throws(ArchiveError) {
        guard nodes.count < limit else {
            let why = "the archive holds more than \(limit) entries, the most allowed"
            throw ArchiveError(.tooLarge, entry: entry.path, why)
        }
        nameBytes += path.utf8.count
        if case .symbolicLink(let target) = node { nameBytes += target.utf8.count }
        guard nameBytes <= EntryTree.longestNames else {
            throw ArchiveError(.tooLarge, entry: entry.path, "the names of the archive's entries are too long in all")
        }
        nodes[path] = node
    }
}
