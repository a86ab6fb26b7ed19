import Values

/// What an instance has said about its metrics (`# TYPE` and such): sent when it changes, and now and then, as it is most of a text.
struct ShownMetadata {
    private static let every = Period.minutes(10)
    private static let words = ["# TYPE ", "# HELP ", "# UNIT "].map { Array($0.utf8) }
    private static let end = Array("# EOF".utf8)

    private var hash: Int?
    private var sentAt = Period.zero

    /// An exposition as it is sent: without blank lines and comments, and without the metadata that the server has.
    mutating func text(_ text: [UInt8], at now: Period) -> [UInt8] {
        var (samples, metadata): ([UInt8], [UInt8]) = ([], [])
        samples.reserveCapacity(text.count)
        for line in text.split(separator: 10, omittingEmptySubsequences: true) {
            guard let first = line.first(where: { $0 != 32 && $0 != 9 && $0 != 13 }) else { continue }
            if first != UInt8(ascii: "#") || line.elementsEqual(ShownMetadata.end) {
                samples += line
                samples.append(10)
            } else if ShownMetadata.words.contains(where: line.starts(with:)) {
                metadata += line
                metadata.append(10)
            }
        }
        guard metadata.hashValue != hash || now - sentAt >= ShownMetadata.every else { return samples }
        (hash, sentAt) = (metadata.hashValue, now)
        return metadata + samples
    }
}
