/// The artefact's file, a chunk at a time.
final class FileSource {
    static let chunkSize = 128 << 10

    private let file: Descriptor
    private let path: String
    /// What was read to look at the content's beginning, and is still to be handed out.
    private var beginning: [UInt8]?

    init(_ path: String) throws(ArchiveError) {
        guard let file = Descriptor(path, 0) else { throw .system(.unreadable, "read '\(path)'") }
        self.file = file
        self.path = path
    }

    /// The first bytes, without using them up: at least a tar block of them if the file has as many.
    func peek() throws(ArchiveError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < TarHeader.blockSize {
            let more = try next()
            if more.isEmpty { break }
            bytes += more
        }
        beginning = bytes
        return bytes
    }

    /// The next bytes; empty at the end.
    func next() throws(ArchiveError) -> [UInt8] {
        if let bytes = beginning {
            beginning = nil
            return bytes
        }
        guard let bytes = file.read(upTo: FileSource.chunkSize) else { throw .system(.unreadable, "read '\(path)'") }
        return bytes
    }
}
