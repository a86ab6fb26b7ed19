import CZlib
import CZstd

/// Makes archives for the tests, hostile ones too: nothing is checked.
struct TarWriter {
    private(set) var bytes: [UInt8] = []

    /// One entry with its body.
    mutating func add(
        _ path: String, type: Character = "0", mode: Int = 0o644, link: String = "", body: [UInt8] = [],
        size: Int? = nil
    ) {
        add(name: Array(path.utf8), type: type, mode: mode, link: link, body: body, size: size)
    }

    mutating func add(
        name: [UInt8], type: Character = "0", mode: Int = 0o644, link: String = "", body: [UInt8] = [], size: Int? = nil
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at offset: Int, _ length: Int) {
            for (index, byte) in bytes.prefix(length).enumerated() { block[offset + index] = byte }
        }
        put(name, at: 0, 100)
        put(octal(mode, digits: 7), at: 100, 8)
        put(octal(size ?? body.count, digits: 11), at: 124, 12)
        put(Array(String(type).utf8), at: 156, 1)
        put(Array(link.utf8), at: 157, 100)
        put(Array("ustar\u{0}00".utf8), at: 257, 8)
        bytes += TarWriter.withChecksum(block) + body
        pad()
    }

    mutating func addPax(_ records: [(String, String)], type: Character = "x") {
        var body = ""
        for (key, value) in records {
            let rest = key.utf8.count + value.utf8.count + 3
            var length = rest + 1
            while "\(length)".utf8.count + rest != length { length += 1 }
            body += "\(length) \(key)=\(value)\n"
        }
        add("pax", type: type, body: Array(body.utf8))
    }

    /// Appends raw bytes, filled up to a block.
    mutating func addRaw(_ raw: [UInt8]) {
        bytes += raw
        pad()
    }

    func finished() -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: 1024)
    }

    private mutating func pad() {
        bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private func octal(_ value: Int, digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }

    /// `block` with the checksum that fits it.
    static func withChecksum(_ block: [UInt8]) -> [UInt8] {
        var block = block
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = block.reduce(0) { $0 + Int($1) }
        let text = String(sum, radix: 8)
        let digits = Array((String(repeating: "0", count: max(0, 6 - text.count)) + text).utf8.prefix(6))
        block.replaceSubrange(148..<156, with: digits + [0, 0x20])
        return block
    }
}

func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: bytes.count + bytes.count / 100 + 1024) { output, count in
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            deflate(&stream, Z_FINISH)
            count = output.count - Int(stream.avail_out)
        }
    }
}

func zstandardized(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { output, count in
        count = ZSTD_compress(output.baseAddress, output.count, bytes, bytes.count, 3)
    }
}
