/// One 512-byte header block of a tar archive, its fields checked but not yet put together with extended headers.
struct TarHeader {
    static let blockSize = 512

    var name: [UInt8]
    var linkName: [UInt8]
    var mode: Int64
    var size: Int64
    /// The type flag, `0` for a file.
    var type: UInt8

    init(block: [UInt8]) throws(ArchiveError) {
        guard TarHeader.checksumFits(block) else {
            throw ArchiveError(.damaged, "a header's checksum is wrong: the archive is damaged or is not a tar archive")
        }
        name = TarHeader.text(block[0..<100])
        let entry = String(decoding: name, as: UTF8.self)
        mode = try TarHeader.number(block[100..<108], of: "mode", entry)
        size = try TarHeader.number(block[124..<136], of: "size", entry)
        type = block[156]
        linkName = TarHeader.text(block[157..<257])
        // GNU's own older format ("ustar  ") keeps times where POSIX ("ustar\0") has the beginning of long paths.
        if block[257..<263].elementsEqual("ustar\0".utf8) {
            let prefix = TarHeader.text(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
    }

    /// Whether `block` can be the first of a tar archive, by its checksum.
    static func checksumFits(_ block: [UInt8]) -> Bool {
        guard block.count == blockSize, let stored = try? number(block[148..<156], of: "checksum", "") else {
            return false
        }
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for index in 0..<blockSize {
            let byte = (148..<156).contains(index) ? 0x20 : block[index]
            unsigned += Int64(byte)
            signed += Int64(Int8(bitPattern: byte))
        }
        // Some old writers summed signed bytes.
        return stored == unsigned || stored == signed
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// Octal digits between blanks, or GNU's base-256 when the first bit is set.
    private static func number(
        _ field: ArraySlice<UInt8>, of what: String, _ entry: String
    ) throws(ArchiveError) -> Int64 {
        let isBlank = { (byte: UInt8) in byte == 0 || byte == 0x20 }
        let isBinary = field.first.map { $0 & 0x80 != 0 } ?? false
        let digits = isBinary ? field : field.drop(while: isBlank).prefix { !isBlank($0) }
        var value: Int64 = 0
        for (place, byte) in digits.enumerated() {
            let digit = isBinary ? (place == 0 ? byte & 0x7F : byte) : byte &- 0x30
            let (scaled, overflow) = value.multipliedReportingOverflow(by: isBinary ? 256 : 8)
            guard !overflow, isBinary || digit < 8, scaled <= Int64.max - 255 else {
                throw ArchiveError(.damaged, entry: entry, "its \(what) field is not a number that makes sense")
            }
            value = scaled + Int64(digit)
        }
        return value
    }
}
