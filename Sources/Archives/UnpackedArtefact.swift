/// What an artefact was recognised as, by its content.
public enum ArtefactFormat: String, Hashable, Sendable {
    case tar
    case tarGzip = "tar.gz"
    case tarZstandard = "tar.zst"
    /// One program: an ELF file, or a script that begins with `#!`.
    case executable
}

/// An artefact that is on the disk completely.
public struct UnpackedArtefact: Hashable, Sendable {
    public var directory: String
    public var format: ArtefactFormat
    /// Files, folders and links.
    public var entries: Int
    /// The sum of the files' sizes.
    public var bytes: Int64

    public init(directory: String, format: ArtefactFormat, entries: Int, bytes: Int64) {
        self.directory = directory
        self.format = format
        self.entries = entries
        self.bytes = bytes
    }
}
