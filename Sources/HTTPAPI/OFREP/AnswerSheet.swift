import Flags

/// Every answer that a snapshot can give, encoded beforehand but for its reason: an answer is three copies.
///
/// `{"key":"K",` + `"reason":"STATIC` + `","variant":"on","value":true,"metadata":{…}}`
final class AnswerSheet: Sendable {
    let snapshot: FlagSnapshot
    /// The set's metadata, as a JSON object.
    let metadata: [UInt8]
    /// Room that is enough for the answers to all flags together, in bytes.
    let bulkCapacity: Int

    private let bytes: [UInt8]
    /// Where each part ends. The parts of a flag: its beginning, its end after an error, without a variant, and with each.
    private let ends: [UInt32]
    /// The first part of each flag, as an index of `ends`.
    private let firstParts: [UInt32]

    init(_ snapshot: FlagSnapshot) {
        self.snapshot = snapshot
        var writer = Writer()
        var firstParts: [UInt32] = []
        var capacity = 0
        for flag in 0..<Int32(snapshot.count) {
            firstParts.append(UInt32(writer.ends.count))
            capacity += writer.add(flag, of: snapshot) + AnswerSheet.longestMiddle
        }
        metadata = FlagValue.object(snapshot.metadata).json
        bulkCapacity = capacity
        bytes = writer.bytes
        ends = writer.ends
        self.firstParts = firstParts
    }

    /// The longest text between a flag's beginning and its end, and a comma.
    private static let longestMiddle = 192

    private struct Writer {
        var bytes: [UInt8] = []
        var ends: [UInt32] = []

        /// Returns how long the flag's longest answer is, without its middle.
        mutating func add(_ flag: Int32, of snapshot: FlagSnapshot) -> Int {
            let start = bytes.count
            bytes += "{\"key\":".utf8
            bytes += FlagValue.string(snapshot.key(flag)).json
            bytes += ",".utf8
            let beginning = end() - start
            let metadata = snapshot.metadataJSON(flag)
            finish(metadata)
            bytes += "\",\"variant\":\"\"".utf8
            bytes += ",\"metadata\":".utf8
            bytes += metadata
            bytes += "}".utf8
            var longest = end() - start - beginning
            for (variant, name) in snapshot.variantNames(flag).enumerated() {
                let start = bytes.count
                bytes += "\",\"variant\":".utf8
                bytes += FlagValue.string(name).json
                bytes += ",\"value\":".utf8
                bytes += snapshot.json(flag, Int32(variant))
                bytes += ",\"metadata\":".utf8
                bytes += metadata
                bytes += "}".utf8
                longest = max(longest, end() - start)
            }
            return beginning + longest
        }

        private mutating func finish(_ metadata: [UInt8]) {
            bytes += "\",\"metadata\":".utf8
            bytes += metadata
            bytes += "}".utf8
            _ = end()
        }

        private mutating func end() -> Int {
            ends.append(UInt32(truncatingIfNeeded: bytes.count))
            return bytes.count
        }
    }
}

extension AnswerSheet {
    /// The longest that the answer to one flag can be, in bytes.
    func capacity(_ flag: Int32) -> Int {
        let first = Int(firstParts[Int(flag)])
        let next = Int(flag) + 1 < firstParts.count ? Int(firstParts[Int(flag) + 1]) : ends.count
        let start = first == 0 ? 0 : Int(ends[first - 1])
        return Int(ends[next - 1]) - start + AnswerSheet.longestMiddle
    }

    /// Writes the answer to one flag, for which there must be room. Returns its length.
    func write(_ flag: Int32, _ resolution: Resolution, to target: UnsafeMutableRawPointer) -> Int {
        let first = Int(firstParts[Int(flag)])
        var length = copy(part: first, to: target)
        if let error = resolution.error {
            length += AnswerSheet.copy("\"errorCode\":\"", to: target + length)
            length += AnswerSheet.copy(error.name, to: target + length)
            length += AnswerSheet.copy("\",\"errorDetails\":\"", to: target + length)
            length += AnswerSheet.copy(AnswerSheet.details(of: error), to: target + length)
            return length + copy(part: first + 1, to: target + length)
        }
        length += AnswerSheet.copy("\"reason\":\"", to: target + length)
        length += AnswerSheet.copy(resolution.reason.name, to: target + length)
        return length + copy(part: first + 3 + Int(resolution.variant), to: target + length)
    }

    private func copy(part: Int, to target: UnsafeMutableRawPointer) -> Int {
        let start = part == 0 ? 0 : Int(ends[part - 1])
        let count = Int(ends[part]) - start
        bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            target.copyMemory(from: base + start, byteCount: count)
        }
        return count
    }

    static func copy(_ text: StaticString, to target: UnsafeMutableRawPointer) -> Int {
        target.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }

    /// At most 100 bytes, and nothing that JSON must escape.
    private static func details(of error: FlagErrorCode) -> StaticString {
        switch error {
        case .parseError: "the flag's rule uses an operator or a reference that does not exist"
        case .targetingKeyMissing: "the flag's rule needs a targetingKey, and the context has none"
        case .invalidContext: "the context cannot be used"
        default: "the flag's rule gives something that is none of its variants"
        }
    }
}
