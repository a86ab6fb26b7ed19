extension ArtefactFormat {
    /// What begins with `bytes`.
    /// - Throws: `unknownFormat`, naming what it seems to be instead.
    static func recognise(_ bytes: [UInt8]) throws(ArchiveError) -> ArtefactFormat {
        if bytes.isEmpty { throw ArchiveError(.unknownFormat, "the artefact is empty") }
        if bytes.starts(with: [0x1F, 0x8B]) { return .tarGzip }
        if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .tarZstandard }
        if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) || bytes.starts(with: "#!".utf8) { return .executable }
        if isTar(bytes) { return .tar }
        let supported =
            "an artefact is a tar, tar.gz or tar.zst archive, or one executable file (ELF, or a script with #!)"
        for (name, beginning) in others where bytes.starts(with: beginning) {
            throw ArchiveError(.unknownFormat, "it is a \(name) file; \(supported)")
        }
        throw ArchiveError(.unknownFormat, "its content is not recognised; \(supported)")
    }

    /// Whether a tar archive begins with `bytes`; an empty one, only zeros, is one too.
    static func isTar(_ bytes: some Collection<UInt8>) -> Bool {
        let block = Array(bytes.prefix(TarHeader.blockSize))
        // By the mark alone too: a damaged header is better reported as such.
        let hasMark = block.count > 262 && block[257..<262].elementsEqual("ustar".utf8)
        let isEmpty = block.count == TarHeader.blockSize && block.allSatisfy { $0 == 0 }
        return hasMark || isEmpty || TarHeader.checksumFits(block)
    }

    private static let others: [(String, [UInt8])] = [
        ("zip", [0x50, 0x4B, 0x03, 0x04]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]), ("bzip2", Array("BZh".utf8)),
        ("7z", [0x37, 0x7A, 0xBC, 0xAF]), ("Debian package", Array("!<arch>".utf8)), ("RPM", [0xED, 0xAB, 0xEE, 0xDB]),
    ]
}
