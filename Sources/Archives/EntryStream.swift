/// Unpacks bytes that come in pieces.
protocol Decoder: AnyObject {
    /// Unpacks some of `input` and takes what it used off it; empty when it needs more.
    func decode(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> [UInt8]

    /// Says that there is no more input.
    /// - Throws: `truncated` when the end was not reached.
    func finish() throws(ArchiveError)
}

/// The entries of an archive whose bytes come in pieces, packed as they are. Memory stays bounded whatever comes.
struct EntryStream {
    private let decoder: (any Decoder)?
    private let limits: UnpackLimits
    private var reader = TarReader()
    private var packed: Int64 = 0
    private var unpacked: Int64 = 0

    init(_ format: ArtefactFormat, limits: UnpackLimits) throws(ArchiveError) {
        self.limits = limits
        switch format {
        case .tarGzip: decoder = try GzipDecoder()
        case .tarZstandard: decoder = try ZstandardDecoder()
        case .tar, .executable: decoder = nil
        }
    }

    /// Takes the next bytes of the artefact, and gives what they say to `take`.
    mutating func feed(
        _ bytes: [UInt8], _ take: (TarReader.Event) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        packed += Int64(bytes.count)
        var input = bytes[...]
        while true {
            var piece = try unpack(&input)
            if piece.isEmpty { return }
            if unpacked == 0, piece.count >= TarHeader.blockSize, !ArtefactFormat.isTar(piece) {
                throw ArchiveError(.unknownFormat, "the compressed content is not a tar archive")
            }
            unpacked += Int64(piece.count)
            try limits.check(unpacked: unpacked, packed: packed)
            while let event = try reader.next(&piece) {
                if case .entry(let entry) = event { try limits.check(entry) }
                try take(event)
            }
        }
    }

    /// Says that there are no more bytes.
    /// - Throws: `truncated` when the archive's end was not reached.
    func finish() throws(ArchiveError) {
        try decoder?.finish()
        try reader.finish()
    }

    private func unpack(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> ArraySlice<UInt8> {
        if let decoder { return try decoder.decode(&input)[...] }
        defer { input = [] }
        return input
    }
}
