/// What a `Range` header asks for (RFC 9110, section 14). Several ranges at once, and other units, are not honoured.
enum ByteRange: Equatable {
    case whole
    /// Never empty.
    case part(Range<Int64>)
    case unsatisfiable

    static func parse(_ header: String?, size: Int64) -> ByteRange {
        guard let header, header.lowercased().hasPrefix("bytes=") else { return .whole }
        let parts = header.dropFirst(6).trimmingSpaces.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
            return .whole
        }
        switch (Int64(parts[0]), Int64(parts[1])) {
        case (let first?, let last?):
            if last < first { return .whole }
            return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        case (let first?, nil) where parts[1].isEmpty:
            return first < size ? .part(first..<size) : .unsatisfiable
        case (nil, let last?) where parts[0].isEmpty:
            return last > 0 && size > 0 ? .part(max(0, size - last)..<size) : .unsatisfiable
        default: return .whole
        }
    }
}
