public import Series

extension IngestBatch {
    /// What is wrong with the labels of a series.
    public enum LabelProblem: Error, Hashable, Sendable, CustomStringConvertible {
        case noMetricName
        case twice(String)
        case notUTF8(String)
        case tooMany(Int, limit: Int)
        case tooLong(String, length: Int, limit: Int)
        case malformed

        public var description: String {
            switch self {
            case .noMetricName: "it has no label __name__"
            case .twice(let name): "it has the label '\(name)' twice"
            case .notUTF8(let name): "its label '\(name)' is not UTF-8"
            case .tooMany(let count, let limit): "it has \(count) labels; at most \(limit) are allowed"
            case .tooLong(let name, let length, let limit):
                "its label '\(name)' has \(length) bytes; at most \(limit) are allowed"
            case .malformed: "its labels are malformed"
            }
        }
    }

    public struct LabelLimits: Hashable, Sendable {
        public var count: Int
        /// Of a name or a value, in bytes.
        public var length: Int

        public init(count: Int = 128, length: Int = 65_536) {
            self.count = count
            self.length = length
        }
    }

    /// Parses the labels of a series: sorted, checked, empty values left out.
    public func labels(of entry: Series, limits: LabelLimits) throws(LabelProblem) -> Labels {
        var found: [(name: Range<Int>, value: Range<Int>)] = []
        let isRead = labelBytes.withUnsafeBufferPointer { buffer in
            switch syntax {
            case .plain: IngestBatch.plain(buffer, entry.labels, into: &found)
            case .protobuf: IngestBatch.protobuf(buffer, entry.labels, into: &found)
            }
        }
        guard isRead else { throw .malformed }
        guard found.count <= limits.count else { throw .tooMany(found.count, limit: limits.count) }
        found.removeAll { $0.value.isEmpty || $0.name.isEmpty }
        found.sort { labelBytes[$0.name].lexicographicallyPrecedes(labelBytes[$1.name]) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entry.labels.count)
        var hasName = false
        for (index, label) in found.enumerated() {
            if index > 0, labelBytes[found[index - 1].name] == labelBytes[label.name] {
                throw .twice(text(label.name))
            }
            for part in [label.name, label.value] {
                guard part.count <= limits.length else {
                    throw .tooLong(text(label.name), length: part.count, limit: limits.length)
                }
                guard isValidUTF8(labelBytes[part]) else { throw .notUTF8(text(label.name)) }
                bytes.append(length: part.count)
                bytes.append(contentsOf: labelBytes[part])
            }
            hasName = hasName || labelBytes[label.name].elementsEqual(Labels.metricName.utf8)
        }
        guard hasName else { throw .noMetricName }
        return Labels(unchecked: bytes)
    }

    /// For messages: at most 100 bytes.
    private func text(_ range: Range<Int>) -> String {
        String(decoding: labelBytes[range].prefix(100), as: UTF8.self)
    }

    private static func plain(
        _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
        into found: inout [(name: Range<Int>, value: Range<Int>)]
    ) -> Bool {
        let part = UnsafeBufferPointer(rebasing: buffer[range])
        var cursor = LabelCursor()
        let base = range.lowerBound
        while let label = cursor.next(part) {
            found.append(
                (
                    label.name.lowerBound + base..<label.name.upperBound + base,
                    label.value.lowerBound + base..<label.value.upperBound + base
                ))
        }
        return cursor.position == part.count
    }

    private static func protobuf(
        _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
        into found: inout [(name: Range<Int>, value: Range<Int>)]
    ) -> Bool {
        var reader = ProtobufReader(UnsafeRawBufferPointer(buffer), range)
        while let field = reader.next() {
            guard field == 1, let label = reader.message() else { return false }
            var inner = ProtobufReader(UnsafeRawBufferPointer(buffer), label)
            var (name, value) = (0..<0, 0..<0)
            while let part = inner.next() {
                switch part {
                case 1: name = inner.message() ?? name
                case 2: value = inner.message() ?? value
                default: inner.skip()
                }
            }
            if inner.isBroken { return false }
            found.append((name, value))
        }
        return !reader.isBroken
    }
}

/// Whether bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates.
func isValidUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.allSatisfy({ $0 < 0x80 }) { return true }
    return String(validating: bytes, as: UTF8.self) != nil
}
