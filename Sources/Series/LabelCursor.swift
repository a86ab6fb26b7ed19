/// Walks over the labels of an encoded buffer.
public struct LabelCursor {
    /// Where the next label begins.
    public private(set) var position = 0

    public init() {}

    /// The next label's name and value as places in the buffer, or `nil` at the end (or where the layout is broken).
    @inline(__always)
    public mutating func next(_ buffer: UnsafeBufferPointer<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
        guard let name = text(buffer), let value = text(buffer) else { return nil }
        return (name, value)
    }

    @inline(__always)
    private mutating func text(_ buffer: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var length = 0
        var shift = 0
        while true {
            guard position < buffer.count, shift < 42 else { return nil }
            let byte = buffer[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= buffer.count - position else { return nil }
        position += length
        return position - length..<position
    }
}

extension Labels {
    /// Whether bytes from outside have the layout of `Labels`: sorted, each name once, nothing empty.
    public static func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var cursor = LabelCursor()
            var previous: Range<Int>?
            while cursor.position < buffer.count {
                guard let label = cursor.next(buffer), !label.name.isEmpty, !label.value.isEmpty else { return false }
                if let previous {
                    let order = compareBytes(buffer, previous, UnsafeBufferPointer(rebasing: buffer[label.name]))
                    guard order < 0 else { return false }
                }
                previous = label.name
            }
            return true
        }
    }
}

/// Appends a length and the bytes themselves.
@inline(__always)
func appendText(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    var length = text.count
    while length >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
        length >>= 7
    }
    bytes.append(UInt8(length))
    bytes.append(contentsOf: text)
}

/// Negative, zero or positive, as the first bytes sort before, with or after the second.
@inline(__always)
func compareBytes(_ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ other: UnsafeBufferPointer<UInt8>) -> Int
{
    let common = min(range.count, other.count)
    for index in 0..<common {
        let difference = Int(buffer[range.lowerBound + index]) - Int(other[index])
        if difference != 0 { return difference }
    }
    return range.count - other.count
}

@inline(__always)
func equalBytes(_ bytes: UnsafeBufferPointer<UInt8>, _ text: String) -> Bool {
    let utf8 = text.utf8
    return utf8.count == bytes.count && utf8.elementsEqual(bytes)
}
