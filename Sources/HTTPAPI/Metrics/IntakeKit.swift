import Compression
import MetricsFormats
import NIOCore
import Series
import Values

/// What one thread needs to read bodies of metrics; its memory is used again for the next.
struct IntakeKit: Sendable {
    /// What a body may become, in bytes.
    private static let bodyLimit = 64 << 20
    /// More memory than this is given back after a batch.
    private static let kept = 8 << 20

    private(set) var batch = IngestBatch()
    private var remoteWrite = RemoteWriteDecoder(bodyLimit: IntakeKit.bodyLimit)
    private let otlp = OTLPDecoder(
        promotedAttributes: ["service.version", "deployment.environment.name"], bodyLimit: IntakeKit.bodyLimit)

    /// Reads a body into `batch`.
    mutating func decode(_ intake: Intake, _ body: ByteBuffer, at now: Timestamp) throws(IntakeFailure) {
        do throws(FormatError) {
            switch intake.format {
            case .remoteWrite1, .remoteWrite2:
                let version: RemoteWriteDecoder.Version = if case .remoteWrite1 = intake.format { .one } else { .two }
                let failure: FormatError? = body.withUnsafeReadableBytes { bytes in
                    do throws(FormatError) {
                        try remoteWrite.decode(bytes, version, into: &batch)
                        return nil
                    } catch {
                        return error
                    }
                }
                if let failure { throw failure }
            case .otlpProtobuf: try otlp.decode(protobuf: try unpacked(intake, body), into: &batch)
            case .otlpJSON: try otlp.decode(json: try unpacked(intake, body), into: &batch)
            case .text, .openMetrics:
                var decoder = ExpositionDecoder(limits: ExpositionLimits(samples: 2_000_000))
                let format: ExpositionFormat = if case .text = intake.format { .prometheusText } else { .openMetrics }
                try decoder.decode(
                    try unpacked(intake, body), format, at: intake.time ?? now.milliseconds, into: &batch)
            }
        } catch {
            if case .tooLarge(let message) = error { throw IntakeFailure(413, message) }
            throw IntakeFailure(400, "\(error)")
        }
    }

    private func unpacked(_ intake: Intake, _ body: ByteBuffer) throws(FormatError) -> [UInt8] {
        guard case .gzip = intake.packing else { return Array(body.readableBytesView) }
        do throws(Gzip.Failure) {
            return Array(try Gzip.unpack(body, limit: IntakeKit.bodyLimit).readableBytesView)
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge("the body has more than \(IntakeKit.bodyLimit) bytes when it is unpacked")
            case .malformed: throw .malformed("the body is not the gzip data that it is said to be", offset: 0)
            case .noMemory: throw .tooLarge("there is no memory to unpack the body")
            }
        }
    }

    /// One large body must not hold memory for ever.
    mutating func trim() {
        guard batch.labelBytes.capacity > IntakeKit.kept || batch.times.capacity * 8 > IntakeKit.kept else { return }
        batch = IngestBatch()
        remoteWrite = RemoteWriteDecoder(bodyLimit: IntakeKit.bodyLimit)
    }
}
