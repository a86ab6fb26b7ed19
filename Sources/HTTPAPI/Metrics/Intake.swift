import NIOCore
import NIOHTTP1
import Ports

/// How a body of metrics is written, by the head of its request.
struct Intake: Sendable {
    enum Format: Sendable {
        case remoteWrite1
        case remoteWrite2
        case text
        case openMetrics
        case otlpProtobuf
        case otlpJSON
    }

    /// How its answers are worded.
    enum Form: Sendable {
        case remoteWrite
        case plain
        case otlpProtobuf
        case otlpJSON
    }

    enum Packing: Sendable {
        case none
        case snappy
        case gzip
    }

    let format: Format
    let packing: Packing
    /// The time of samples that bring none, in milliseconds since the epoch.
    let time: Int64?

    var form: Form {
        switch format {
        case .remoteWrite1, .remoteWrite2: return .remoteWrite
        case .text, .openMetrics: return .plain
        case .otlpProtobuf: return .otlpProtobuf
        case .otlpJSON: return .otlpJSON
        }
    }

    /// - Throws: 415 for what is not understood, 400 for a time that is none.
    init(_ route: MetricsRoute, _ head: HTTPRequestHead) throws(IntakeFailure) {
        let type = (head.headers.first(name: "content-type") ?? "").lowercased()
        let encoding = (head.headers.first(name: "content-encoding") ?? "").lowercased()
        switch route {
        case .remoteWrite:
            format = try Intake.remoteWrite(type)
            guard encoding.isEmpty || encoding == "snappy" else {
                throw IntakeFailure(415, "the content encoding must be snappy, not '\(encoding.prefix(40))'")
            }
            packing = .snappy
        case .otlp:
            switch Intake.media(type) {
            case "application/x-protobuf": format = .otlpProtobuf
            case "application/json": format = .otlpJSON
            default:
                throw IntakeFailure(
                    415, "the content type must be application/x-protobuf or application/json, not '\(type.prefix(80))'"
                )
            }
            packing = try Intake.gzipOrNone(encoding)
        default:
            format = Intake.media(type) == "application/openmetrics-text" ? .openMetrics : .text
            packing = try Intake.gzipOrNone(encoding)
        }
        let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        guard let text = PercentEncoding.fields(query)?["timestamp"] else {
            time = nil
            return
        }
        guard let time = Int64(text) else {
            throw IntakeFailure(400, "the field 'timestamp' is a number of milliseconds, not '\(text.prefix(40))'")
        }
        self.time = time
    }

    /// How an error is worded when the head is not understood.
    static func errorForm(_ route: MetricsRoute, _ head: HTTPRequestHead) -> Form {
        guard route == .otlp else { return .plain }
        return media((head.headers.first(name: "content-type") ?? "").lowercased()) == "application/json"
            ? .otlpJSON : .otlpProtobuf
    }

    private static func media(_ type: String) -> Substring { type.prefix { $0 != ";" }.trimmingSpaces }

    /// Without a type it is the first version, as old senders have it.
    private static func remoteWrite(_ type: String) throws(IntakeFailure) -> Format {
        guard media(type) == "application/x-protobuf" || type.isEmpty else {
            throw IntakeFailure(415, "the content type must be application/x-protobuf, not '\(type.prefix(80))'")
        }
        for parameter in type.split(separator: ";").dropFirst().map(\.trimmingSpaces)
        where parameter.hasPrefix("proto=") {
            switch parameter.dropFirst(6) {
            case "prometheus.writerequest": return .remoteWrite1
            case "io.prometheus.write.v2.request": return .remoteWrite2
            case let other: throw IntakeFailure(415, "the message '\(other.prefix(80))' is not known here")
            }
        }
        return .remoteWrite1
    }

    private static func gzipOrNone(_ encoding: String) throws(IntakeFailure) -> Packing {
        switch encoding {
        case "", "identity": return .none
        case "gzip": return .gzip
        default: throw IntakeFailure(415, "the content encoding must be gzip or none, not '\(encoding.prefix(40))'")
        }
    }
}
