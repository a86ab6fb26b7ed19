/// Reads the bodies of Prometheus' remote write (prometheus/docs, specs/prw), 1.0 and 2.0, into a batch.
///
/// It keeps its memory from request to request: one decoder for each connection or thread.
public struct RemoteWriteDecoder: Sendable {
    public enum Version: Sendable {
        /// `prometheus.WriteRequest`
        case one
        /// `io.prometheus.write.v2.Request`
        case two
    }

    /// The most that a body may become, in bytes.
    public var bodyLimit: Int
    var body: [UInt8] = []
    /// What metadata came before, by hash: senders repeat it with every request.
    var knownMetadata: Set<UInt64> = []

    public init(bodyLimit: Int = 32 << 20) { self.bodyLimit = bodyLimit }

    /// Reads a body as it was received, packed with snappy.
    public mutating func decode(
        _ packed: UnsafeRawBufferPointer, _ version: Version, into batch: inout IngestBatch
    ) throws(FormatError) {
        let count = try Snappy.decode(packed, into: &body, limit: bodyLimit)
        try decodeBody(count, version, into: &batch)
    }

    /// Reads a body that is not packed.
    public mutating func decode(
        unpacked: UnsafeRawBufferPointer, _ version: Version, into batch: inout IngestBatch
    ) throws(FormatError) {
        guard unpacked.count <= bodyLimit else {
            throw .tooLarge("the body has \(unpacked.count) bytes; at most \(bodyLimit) are allowed")
        }
        body = Array(unpacked)
        try decodeBody(unpacked.count, version, into: &batch)
    }

    private mutating func decodeBody(
        _ count: Int, _ version: Version, into batch: inout IngestBatch
    ) throws(FormatError) {
        switch version {
        case .one:
            // The labels stay where they are: the body becomes the batch's.
            swap(&body, &batch.labelBytes)
            batch.removeAll(exceptLabels: true)
            batch.syntax = .protobuf
            let damage = readVersion1(count, into: &batch)
            if let damage { throw .malformed("the remote-write request is malformed", offset: damage) }
        case .two:
            batch.removeAll()
            batch.syntax = .plain
            try readVersion2(count, into: &batch)
        }
    }
}

extension IngestBatch {
    mutating func removeAll(exceptLabels: Bool) {
        guard exceptLabels else { return removeAll() }
        var kept: [UInt8] = []
        swap(&kept, &labelBytes)
        removeAll()
        swap(&kept, &labelBytes)
    }
}
