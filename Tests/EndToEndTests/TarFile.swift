import FoundationEssentials

/// One thing in a tar archive.
struct TarEntry {
    var name: String
    var text = ""
    var mode = 0o644
    /// `0` a file, `2` a symbolic link, `3` a character device, `6` a pipe.
    var type: Character = "0"
    /// What a link leads to.
    var link = ""

    /// The entry as a ustar header and its padded content.
    var bytes: [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(text.utf8.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(1, 7), at: 329)
        put(octal(3, 7), at: 337)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        let padding = (512 - text.utf8.count % 512) % 512
        return header + Array(text.utf8) + [UInt8](repeating: 0, count: padding)
    }
}

/// Packs a tar archive by hand, so that it may hold what no packer packs.
func writeTar(_ entries: [TarEntry], to path: String) throws {
    let bytes = entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024)
    try Data(bytes).write(to: URL(filePath: path))
}
