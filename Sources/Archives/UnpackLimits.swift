public import Values

/// How much an artefact may unpack to. The defaults fit any honest build and stop a decompression bomb early.
public struct UnpackLimits: Hashable, Sendable {
    /// Files, folders and links together.
    public var entries: Int
    /// The unpacked archive in all, its headers included.
    public var size: ByteSize
    /// Unpacked bytes for one packed byte, looked at once more than 16 MiB have been unpacked.
    public var ratio: Int

    public init(entries: Int = 100_000, size: ByteSize = ByteSize(bytes: 8 << 30), ratio: Int = 250) {
        self.entries = entries
        self.size = size
        self.ratio = ratio
    }

    /// - Throws: `tooLarge` when the entry alone is more than is allowed, before anything of it is written.
    func check(_ entry: TarEntry) throws(ArchiveError) {
        if entry.size > size.bytes {
            let sizes = "it has \(ByteSize(bytes: entry.size)), more than the \(size) that are allowed in all"
            throw ArchiveError(.tooLarge, entry: entry.path, sizes)
        }
    }

    /// - Throws: `tooLarge` when `unpacked` bytes out of `packed` ones are more than allowed.
    func check(unpacked: Int64, packed: Int64) throws(ArchiveError) {
        if unpacked > size.bytes {
            throw ArchiveError(.tooLarge, "it unpacks to more than \(size), the most that is allowed")
        }
        if unpacked > 16 << 20, unpacked / max(packed, 1) > Int64(ratio) {
            let sizes = "\(ByteSize(bytes: packed)) of it unpack to \(ByteSize(bytes: unpacked))"
            let verdict = "more than \(ratio) times as much: it looks like a decompression bomb"
            throw ArchiveError(.tooLarge, "\(sizes), \(verdict)")
        }
    }
}
