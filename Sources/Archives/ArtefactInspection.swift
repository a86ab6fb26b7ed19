/// Looks at an artefact while its bytes pass by, without writing anything: refuses what `unpack` would refuse for its
/// content, and learns what is in it.
public struct ArtefactInspection {
    private enum State {
        /// Too few bytes so far to tell what it is.
        case beginning([UInt8])
        case archive(ArtefactFormat, EntryStream)
        case executable
    }

    private let limits: UnpackLimits
    private var state = State.beginning([])
    private var tree: EntryTree

    public init(limits: UnpackLimits = UnpackLimits()) {
        self.limits = limits
        tree = EntryTree(limit: limits.entries)
    }

    /// Takes the next bytes.
    public mutating func append(_ bytes: [UInt8]) throws(ArchiveError) {
        switch state {
        case .executable: break
        case .archive: try read(bytes)
        case .beginning(let before):
            let together = before + bytes
            state = .beginning(together)
            if together.count >= TarHeader.blockSize { try begin(together) }
        }
    }

    /// Says that there are no more bytes.
    public mutating func finish() throws(ArchiveError) -> ArtefactContents {
        if case .beginning(let bytes) = state { try begin(bytes) }
        guard case .archive(let format, let entries) = state else {
            return ArtefactContents(format: .executable, tree: tree)
        }
        try entries.finish()
        if tree.nodes.isEmpty { throw ArchiveError(.unknownFormat, "the archive is empty") }
        _ = try tree.checkedLinks()
        return ArtefactContents(format: format, tree: tree)
    }

    private mutating func begin(_ bytes: [UInt8]) throws(ArchiveError) {
        let format = try ArtefactFormat.recognise(bytes)
        guard format != .executable else { return state = .executable }
        state = .archive(format, try EntryStream(format, limits: limits))
        try read(bytes)
    }

    private mutating func read(_ bytes: [UInt8]) throws(ArchiveError) {
        guard case .archive(let format, var entries) = state else { return }
        var tree = self.tree
        // Moved out while they are changed, so that nothing is copied.
        self.tree = EntryTree(limit: limits.entries)
        state = .executable
        try entries.feed(bytes) { (event) throws(ArchiveError) in
            guard case .entry(let entry) = event else { return }
            _ = try tree.insert(entry)
        }
        self.tree = tree
        state = .archive(format, entries)
    }
}

/// Inspects an artefact that is a file. It blocks; call it where that is allowed.
public func inspect(_ file: String, limits: UnpackLimits = UnpackLimits()) throws(ArchiveError) -> ArtefactContents {
    let source = try FileSource(file)
    var inspection = ArtefactInspection(limits: limits)
    while case let chunk = try source.next(), !chunk.isEmpty { try inspection.append(chunk) }
    return try inspection.finish()
}
