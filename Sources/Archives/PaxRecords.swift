/// The records of a POSIX extended header (`x` or `g`) that say what an entry is; times and owners do not matter here.
struct PaxRecords {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var size: Int64?

    /// Takes the records of `body` in, later ones winning; an empty value takes back an earlier one.
    mutating func merge(_ body: [UInt8]) throws(ArchiveError) {
        var rest = body[...]
        while !rest.isEmpty {
            let (key, value) = try PaxRecords.takeRecord(from: &rest)
            switch key {
            case "path": path = value.isEmpty ? nil : Array(value)
            case "linkpath": linkPath = value.isEmpty ? nil : Array(value)
            case "size": size = value.isEmpty ? nil : try PaxRecords.decimal(value)
            default:
                if key.hasPrefix("GNU.sparse.") {
                    let entry = path.map { String(decoding: $0, as: UTF8.self) }
                    throw ArchiveError(.unsupported, entry: entry, sparseRefusal)
                }
            }
        }
    }

    /// A record is `LENGTH KEY=VALUE\n`; the length counts all of it.
    private static func takeRecord(
        from rest: inout ArraySlice<UInt8>
    ) throws(ArchiveError) -> (key: String, value: ArraySlice<UInt8>) {
        let damaged = ArchiveError(.damaged, "an extended header holds a record whose length is wrong")
        guard let blank = rest.prefix(20).firstIndex(of: 0x20), blank > rest.startIndex else { throw damaged }
        let length = try decimal(rest[rest.startIndex..<blank])
        guard length <= rest.count, rest.startIndex + Int(length) > blank + 1 else { throw damaged }
        let end = rest.startIndex + Int(length)
        guard rest[end - 1] == 0x0A, let equals = rest[blank..<end].firstIndex(of: 0x3D) else { throw damaged }
        let key = String(decoding: rest[(blank + 1)..<equals], as: UTF8.self)
        let value = rest[(equals + 1)..<(end - 1)]
        rest = rest[end...]
        return (key, value)
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) throws(ArchiveError) -> Int64 {
        guard
            !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(String(decoding: digits, as: UTF8.self))
        else { throw ArchiveError(.damaged, "an extended header holds a length that is not a number") }
        return value
    }
}

let sparseRefusal = "it is stored as a sparse file, which is not supported; pack it without --sparse"
