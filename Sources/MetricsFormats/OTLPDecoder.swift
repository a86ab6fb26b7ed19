import Documents
import Series

/// Reads OpenTelemetry metrics as they come over HTTP into a batch.
///
/// Names and labels are written as Prometheus does it by default (opentelemetry.io, "Prometheus and OpenMetrics Compatibility"):
/// what is no letter, digit or underscore becomes one, units and `_total` are appended, `service.namespace` and `service.name`
/// become `job`, `service.instance.id` becomes `instance`, and the other attributes of a resource the labels of `target_info`.
/// Deltas of counters and of classic histograms are marked, to be summed up by the store; exponential histograms of deltas are
/// kept as gauge histograms.
public struct OTLPDecoder: Sendable {
    /// Attributes of the resource that become labels of every series, such as `service.version`.
    public var promotedAttributes: [String]
    public var bodyLimit: Int

    public init(promotedAttributes: [String] = [], bodyLimit: Int = 32 << 20) {
        self.promotedAttributes = promotedAttributes
        self.bodyLimit = bodyLimit
    }

    /// Reads a protobuf body that is not packed.
    public func decode(protobuf: [UInt8], into batch: inout IngestBatch) throws(FormatError) {
        try check(protobuf.count)
        batch.removeAll()
        batch.syntax = .plain
        var converter = OTLPConverter(promoted: promotedAttributes)
        let damage = protobuf.withUnsafeBytes { raw in
            OTLPProtobuf(raw).read { resource, metric in converter.add(resource, metric, into: &batch) }
        }
        if let damage {
            batch.removeAll()
            throw .malformed("the OTLP request is malformed", offset: damage)
        }
        converter.finish(into: &batch)
    }

    /// Reads a JSON body.
    public func decode(json: [UInt8], into batch: inout IngestBatch) throws(FormatError) {
        try check(json.count)
        batch.removeAll()
        batch.syntax = .plain
        let (root, issues) = JSONParser.parse(json, file: "body")
        guard let root else {
            let issue = issues.first
            throw .text(
                issue?.message ?? "it is no JSON", line: issue?.line ?? 1, column: issue?.column ?? 1)
        }
        guard case .mapping = root.value else { throw .text("expected an object", line: 1, column: 1) }
        var converter = OTLPConverter(promoted: promotedAttributes)
        OTLPJSON.read(root) { resource, metric in converter.add(resource, metric, into: &batch) }
        converter.finish(into: &batch)
    }

    private func check(_ count: Int) throws(FormatError) {
        guard count <= bodyLimit else {
            throw .tooLarge("the body has \(count) bytes; at most \(bodyLimit) are allowed")
        }
    }
}
