import Chunks

/// The files of the write-ahead log: `wal/00000001` and so on, each a header and records.
enum LogSegment {
    static let header = Array("halcyon wal 1\n\0\0".utf8)

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// The numbers of the segments in a folder, in order.
    static func numbers(_ folder: String) throws(StoreError) -> [Int] {
        try Folder.names(folder).compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }.sorted()
    }

    /// Reads the records of a segment in order. Answers how many bytes at its beginning are good.
    static func read(
        _ path: String, _ body: (_ kind: LogRecord.Kind, _ sequence: UInt64, _ reader: ByteReader) -> Void
    ) throws(StoreError) -> (good: Int, length: Int) {
        let file = try File(path)
        let length = file.length
        let mapping = try Mapping(file, length: length)
        guard length >= header.count, mapping.bytes.prefix(header.count).elementsEqual(header) else {
            return (0, length)
        }
        var place = header.count
        while let record = LogRecord.read(mapping.bytes, at: place) {
            body(record.kind, record.sequence, record.body)
            place = record.next
        }
        return (place, length)
    }
}
