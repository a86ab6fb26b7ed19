extension Snappy {
    /// Packs bytes: greedy matches of four bytes and more, found by a table of hashes, in pieces of 64 KiB.
    public static func encode(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 2 + 16)
        output.append(length: input.count)
        var table = [Int32](repeating: -1, count: 1 << 14)
        input.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 65_536)
                for index in table.indices { table[index] = -1 }
                encodePiece(bytes, start..<end, &table, into: &output)
                start = end
            }
        }
        return output
    }

    private static func encodePiece(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ table: inout [Int32], into output: inout [UInt8]
    ) {
        var (place, pending) = (range.lowerBound, range.lowerBound)
        while place + 4 <= range.upperBound {
            let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            let slot = Int((word &* 0x1e35_a7bd) >> 18)
            let candidate = Int(table[slot])
            table[slot] = Int32(place - range.lowerBound)
            guard candidate >= 0,
                bytes.loadUnaligned(fromByteOffset: range.lowerBound + candidate, as: UInt32.self) == word
            else {
                place += 1
                continue
            }
            let from = range.lowerBound + candidate
            var length = 4
            while place + length < range.upperBound, bytes[from + length] == bytes[place + length] { length += 1 }
            appendLiteral(bytes, pending..<place, to: &output)
            appendCopy(offset: place - from, length: length, to: &output)
            place += length
            pending = place
        }
        appendLiteral(bytes, pending..<range.upperBound, to: &output)
    }

    private static func appendLiteral(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to output: inout [UInt8]
    ) {
        guard !range.isEmpty else { return }
        let length = range.count - 1
        if length < 60 {
            output.append(UInt8(length << 2))
        } else if length < 256 {
            output.append(60 << 2)
            output.append(UInt8(length))
        } else {
            output.append(61 << 2)
            output.append(UInt8(length & 0xff))
            output.append(UInt8(length >> 8))
        }
        output.append(contentsOf: bytes[range])
    }

    private static func appendCopy(offset: Int, length: Int, to output: inout [UInt8]) {
        var left = length
        while left > 0 {
            let piece = min(64, left)
            output.append(UInt8((piece - 1) << 2 | 2))
            output.append(UInt8(offset & 0xff))
            output.append(UInt8(offset >> 8))
            left -= piece
        }
    }
}
