/// A version of three numbers and nothing else, read without a text being made.
struct FastVersion: Equatable {
    var major: UInt64
    var minor: UInt64
    var patch: UInt64

    /// `nil` for what is no such version: a prerelease, build metadata, enormous numbers, or no version at all.
    @inline(__always)
    init?(_ bytes: UnsafeRawPointer, _ count: Int) {
        var offset = 0
        if count > 0 {
            let first = bytes.load(as: UInt8.self)
            if first == UInt8(ascii: "v") || first == UInt8(ascii: "V") { offset = 1 }
        }
        var numbers: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for part in 0..<3 {
            if part > 0 {
                if offset == count { break }
                guard bytes.load(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: ".") else { return nil }
                offset &+= 1
            }
            let start = offset
            var number: UInt64 = 0
            while offset < count {
                let digit = bytes.load(fromByteOffset: offset, as: UInt8.self) &- 0x30
                if digit > 9 { break }
                number = number &* 10 &+ UInt64(digit)
                offset &+= 1
            }
            let digits = offset &- start
            if digits == 0 || digits > 18 { return nil }
            if digits > 1, bytes.load(fromByteOffset: start, as: UInt8.self) == 0x30 { return nil }
            if part == 0 { numbers.0 = number } else if part == 1 { numbers.1 = number } else { numbers.2 = number }
        }
        if offset != count { return nil }
        (major, minor, patch) = numbers
    }

    @inline(__always)
    func holds(_ comparison: VersionComparison, _ other: FastVersion) -> Bool {
        let isLess =
            major != other.major
            ? major < other.major : minor != other.minor ? minor < other.minor : patch < other.patch
        let isSame = self == other
        return switch comparison {
        case .equal: isSame
        case .notEqual: !isSame
        case .less: isLess
        case .lessOrEqual: isLess || isSame
        case .greater: !isLess && !isSame
        case .greaterOrEqual: !isLess
        case .sameMajor: major == other.major
        case .sameMinor: major == other.major && minor == other.minor
        }
    }
}

struct FastVersionTest {
    var version: FastVersion
    var comparison: VersionComparison
}
