import Flags

/// Every answer that a snapshot can give, encoded beforehand but for its reason: an answer is four copies.
///
/// `{"key":"K",` + `"reason":"STATIC` + `","variant":"on","value":true` + `,"metadata":{…}}`
final class AnswerSheet: Sendable {
    let snapshot: FlagSnapshot
    /// The set's metadata, as a JSON object.
    let metadata: [UInt8]
    /// Room that is enough for the answers to all flags together, in bytes.
    let bulkCapacity: Int

    private let bytes: [UInt8]
    /// Where each part ends. The parts of a flag: its beginning, what a general error means, its end without a variant, and
    /// with each; what follows, the metadata, is in `tails`.
    private let ends: [UInt32]
    /// The first part of each flag, as an index of `ends`.
    private let firstParts: [UInt32]
    private let tails: [UInt8]
    /// Where the tail of each flag is: flags with the set's metadata share one.
    private let tailPlaces: [(start: UInt32, count: UInt32)]

    init(_ snapshot: FlagSnapshot) {
        self.snapshot = snapshot
        metadata = FlagValue.object(snapshot.metadata).json
        var writer = Writer(setMetadata: metadata)
        var firstParts: [UInt32] = []
        var capacity = 0
        for flag in 0..<Int32(snapshot.count) {
            firstParts.append(UInt32(writer.ends.count))
            capacity += writer.add(flag, of: snapshot) + AnswerSheet.longestMiddle
        }
        bulkCapacity = capacity
        bytes = writer.bytes
        ends = writer.ends
        tails = writer.tails
        tailPlaces = writer.tailPlaces
        self.firstParts = firstParts
    }

    /// The longest text between the parts of an answer, and a comma.
    private static let longestMiddle = 192

    private struct Writer {
        let setMetadata: [UInt8]
        var bytes: [UInt8] = []
        var ends: [UInt32] = []
        var tails: [UInt8] = []
        var tailPlaces: [(start: UInt32, count: UInt32)] = []

        init(setMetadata: [UInt8]) {
            self.setMetadata = setMetadata
            appendTail(setMetadata)
        }

        /// Returns how long the flag's longest answer is, without its middle.
        mutating func add(_ flag: Int32, of snapshot: FlagSnapshot) -> Int {
            let start = bytes.count
            bytes += "{\"key\":".utf8
            bytes += FlagValue.string(snapshot.key(flag)).json
            bytes += ",".utf8
            let beginning = end() - start
            bytes += FlagValue.string(snapshot.details(of: .general, flag)).json
            var longest = end() - start - beginning
            let withoutVariant = bytes.count
            bytes += "\",\"variant\":\"\"".utf8
            longest = max(longest, end() - withoutVariant)
            for (variant, name) in snapshot.variantNames(flag).enumerated() {
                let start = bytes.count
                bytes += "\",\"variant\":".utf8
                bytes += FlagValue.string(name).json
                bytes += ",\"value\":".utf8
                bytes += snapshot.json(flag, Int32(variant))
                longest = max(longest, end() - start)
            }
            return beginning + longest + addTail(snapshot.metadataJSON(flag))
        }

        private mutating func addTail(_ metadata: [UInt8]) -> Int {
            let start = tails.count
            if metadata == setMetadata {
                tailPlaces.append((0, UInt32(setMetadata.count + AnswerSheet.tailFrame)))
            } else {
                appendTail(metadata)
                tailPlaces.append((UInt32(truncatingIfNeeded: start), UInt32(tails.count - start)))
            }
            return metadata.count + AnswerSheet.tailFrame
        }

        private mutating func appendTail(_ metadata: [UInt8]) {
            tails += ",\"metadata\":".utf8
            tails += metadata
            tails += "}".utf8
        }

        private mutating func end() -> Int {
            ends.append(UInt32(truncatingIfNeeded: bytes.count))
            return bytes.count
        }
    }

    /// `,"metadata":` and the closing brace.
    private static let tailFrame = 13
}

extension AnswerSheet {
    /// The longest that the answer to one flag can be, in bytes.
    func capacity(_ flag: Int32) -> Int {
        let first = Int(firstParts[Int(flag)])
        let next = Int(flag) + 1 < firstParts.count ? Int(firstParts[Int(flag) + 1]) : ends.count
        let start = first == 0 ? 0 : Int(ends[first - 1])
        return Int(ends[next - 1]) - start + Int(tailPlaces[Int(flag)].count) + AnswerSheet.longestMiddle
    }

    /// Writes the answer to one flag, for which there must be room. Returns its length.
    func write(_ flag: Int32, _ resolution: Resolution, to target: UnsafeMutableRawPointer) -> Int {
        let first = Int(firstParts[Int(flag)])
        var length = copy(part: first, to: target)
        if let error = resolution.error {
            length += AnswerSheet.copy("\"errorCode\":\"", to: target + length)
            length += AnswerSheet.copy(error.name, to: target + length)
            length += AnswerSheet.copy("\",\"errorDetails\":", to: target + length)
            length += writeDetails(error, first, to: target + length)
            return length + copyTail(flag, to: target + length)
        }
        length += AnswerSheet.copy("\"reason\":\"", to: target + length)
        length += AnswerSheet.copy(resolution.reason.name, to: target + length)
        length += copy(part: first + 3 + Int(resolution.variant), to: target + length)
        return length + copyTail(flag, to: target + length)
    }

    /// At most 100 bytes, and nothing that JSON must escape; the text of a general error is a part.
    private func writeDetails(_ error: FlagErrorCode, _ first: Int, to target: UnsafeMutableRawPointer) -> Int {
        switch error {
        case .parseError:
            AnswerSheet.copy("\"the flag's rule uses an operator or a reference that does not exist\"", to: target)
        case .targetingKeyMissing:
            AnswerSheet.copy("\"the flag's rule needs a targetingKey, and the context has none\"", to: target)
        case .invalidContext: AnswerSheet.copy("\"the context cannot be used\"", to: target)
        default: copy(part: first + 1, to: target)
        }
    }

    private func copyTail(_ flag: Int32, to target: UnsafeMutableRawPointer) -> Int {
        let place = tailPlaces[Int(flag)]
        tails.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            target.copyMemory(from: base + Int(place.start), byteCount: Int(place.count))
        }
        return Int(place.count)
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
}
