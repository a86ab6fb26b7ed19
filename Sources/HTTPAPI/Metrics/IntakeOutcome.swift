import MetricsFormats
import NIOCore
import NIOHTTP1
import Ports
import QueryJSON

/// What became of a body of metrics.
struct IntakeOutcome: Sendable {
    private let report: IngestReport
    /// Left out while the body was read, and why.
    private let leftOut: Int
    private let problems: [String]
    private let exemplars: Int

    init(_ batch: IngestBatch, _ report: IngestReport) {
        self.report = report
        leftOut = batch.refused
        exemplars = batch.exemplars
        problems = batch.problems + report.problems
    }

    private var refused: Int { leftOut + report.refused }

    /// Says how many were refused and names the first of them.
    private var message: String {
        let shown = problems.prefix(10)
        var text = "\(refused) samples were refused, the rest is kept: " + shown.joined(separator: "; ")
        if refused > shown.count { text += "; …" }
        return text
    }

    private var exemplarWarning: String { "\(exemplars) exemplars were refused: this server keeps none" }

    /// What a sender of OTLP is told: of what was refused, or else of exemplars.
    private var warning: String? { refused > 0 ? message : exemplars > 0 ? exemplarWarning : nil }

    /// The answer once all that was accepted is on the disk. It says how many exemplars came, as none is kept.
    func reply(_ form: Intake.Form) -> HotReply {
        var reply = worded(form)
        if exemplars > 0 { reply.headers.add(name: "x-halcyon-exemplars-left-out", value: "\(exemplars)") }
        return reply
    }

    private func worded(_ form: Intake.Form) -> HotReply {
        switch form {
        case .remoteWrite, .plain:
            // What was refused will be refused again: 400 says not to send it again.
            var reply = refused == 0 ? HotReply(.noContent) : .text(message, status: .badRequest)
            if case .remoteWrite = form {
                let written = report.accepted + report.duplicates
                let prefix = "x-prometheus-remote-write-"
                reply.headers.add(name: prefix + "samples-written", value: "\(written - report.histograms)")
                reply.headers.add(name: prefix + "histograms-written", value: "\(report.histograms)")
                // Exemplars are not kept.
                reply.headers.add(name: prefix + "exemplars-written", value: "0")
            }
            return reply
        case .otlpProtobuf:
            var partial = ProtobufText()
            if let warning {
                var success = ProtobufText()
                if refused > 0 { success.field(1, UInt64(refused)) }
                success.field(2, warning)
                partial.field(1, success.bytes)
            }
            return partial.reply(.ok)
        case .otlpJSON:
            guard let warning else { return HotReply(json: Array("{}".utf8)) }
            var json = BodyWriter()
            json.raw("{\"partialSuccess\":{\"rejectedDataPoints\":\"")
            json.raw(String(refused))
            json.raw("\",\"errorMessage\":")
            json.string(warning)
            json.raw("}}")
            return HotReply(json: json.bytes)
        }
    }
}

/// Why nothing of a body of metrics was taken in.
struct IntakeFailure: Error, Sendable {
    let status: Int
    let message: String
    /// After so many seconds it may be sent again.
    let retryAfter: Int?

    init(_ status: Int, _ message: String, retryAfter: Int? = nil) {
        (self.status, self.message, self.retryAfter) = (status, message, retryAfter)
    }

    init(_ refusal: MetricsRefusal) {
        switch refusal {
        case .overloaded(let reason): self.init(503, reason, retryAfter: 1)
        case .unavailable(let reason): self.init(503, reason, retryAfter: 10)
        }
    }

    func reply(_ form: Intake.Form) -> HotReply {
        let status = HTTPResponseStatus(statusCode: self.status)
        var reply: HotReply
        switch form {
        case .remoteWrite, .plain: reply = .text(message, status: status)
        case .otlpProtobuf:
            // A google.rpc.Status.
            var text = ProtobufText()
            text.field(1, self.status == 503 ? 14 : 3)
            text.field(2, message)
            reply = text.reply(status)
        case .otlpJSON:
            var json = BodyWriter()
            json.raw("{\"code\":")
            json.raw(self.status == 503 ? "14" : "3" as String)
            json.raw(",\"message\":")
            json.string(message)
            json.raw("}")
            reply = HotReply(json: json.bytes, status: status)
        }
        if let retryAfter { reply.headers.add(name: "retry-after", value: "\(retryAfter)") }
        return reply
    }
}

/// A message of protobuf, as little of it as answers need.
private struct ProtobufText {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func field(_ number: UInt64, _ value: UInt64) {
        varint(number << 3)
        varint(value)
    }

    mutating func field(_ number: UInt64, _ value: [UInt8]) {
        varint(number << 3 | 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func field(_ number: UInt64, _ text: String) { field(number, Array(text.utf8)) }

    func reply(_ status: HTTPResponseStatus) -> HotReply {
        HotReply(
            status, headers: HTTPHeaders([("content-type", "application/x-protobuf")]), body: ByteBuffer(bytes: bytes))
    }
}
