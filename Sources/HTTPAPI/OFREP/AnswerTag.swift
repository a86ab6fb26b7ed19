import Flags

/// The tag of a bulk answer: of the set, the context, and what every flag answered, so that an answer that changes with
/// time gets another one too. Not for secrets.
struct AnswerTag: Equatable {
    private(set) var hash: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func add(_ word: UInt64) {
        hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 32
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var last = UInt64(bytes.count) << 56
        while offset < bytes.count {
            last = last << 8 ^ UInt64(bytes[offset])
            offset += 1
        }
        add(last)
    }

    mutating func add(_ resolution: Resolution) {
        let error = resolution.error.map { UInt64($0.rawValue) + 1 } ?? 0
        add(UInt64(UInt32(bitPattern: resolution.variant)) << 16 ^ UInt64(resolution.reason.rawValue) << 8 ^ error)
    }

    static let length = 18

    /// The value of the `ETag` header: 16 hexadecimal digits in quotes.
    func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * place)) & 15
            target.storeBytes(of: digit < 10 ? 48 + digit : 87 + digit, toByteOffset: place + 1, as: UInt8.self)
        }
        target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: 17, as: UInt8.self)
    }

    var text: String {
        String(unsafeUninitializedCapacity: AnswerTag.length) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            write(to: base)
            return AnswerTag.length
        }
    }

    /// Whether an `If-None-Match` header names this tag; weak tags and lists included.
    func isNamed(by header: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: AnswerTag.length, alignment: 1) { own in
            guard let base = own.baseAddress else { return false }
            write(to: base)
            var start = 0
            while start + AnswerTag.length <= header.count {
                if header[start..<(start + AnswerTag.length)].elementsEqual(own) { return true }
                start += 1
            }
            return header.count == 1 && header[0] == UInt8(ascii: "*")
        }
    }
}
