import NIOCore
import NIOHPACK

/// The headers of answers over HTTP/2. Those of every call are made once.
enum AnswerHeaders {
    static let wellTrailers = HPACKHeaders([("grpc-status", "0")])

    private static let plain: [Dialect: HPACKHeaders] = {
        var all: [Dialect: HPACKHeaders] = [:]
        for type in [
            "application/grpc", "application/grpc-web+proto", "application/proto", "application/json",
            "application/connect+proto", "application/connect+json",
        ] {
            guard let dialect = Dialect(contentType: type) else { continue }
            all[dialect] = HPACKHeaders([(":status", "200"), ("content-type", type)])
        }
        return all
    }()

    private static let grpc = plain[Dialect(.grpc)] ?? [:]

    static func begin(_ dialect: Dialect) -> HPACKHeaders {
        dialect.form == .grpc ? grpc : plain[dialect] ?? [:]
    }

    static func begin(_ call: Call) -> HPACKHeaders {
        guard call.answersGzip, !call.method.streams else { return begin(call.dialect) }
        var headers = begin(call.dialect)
        headers.add(name: encodingHeader(call.dialect), value: "gzip")
        return headers
    }

    static func encodingHeader(_ dialect: Dialect) -> String {
        switch dialect.form {
        case .grpc, .grpcWeb: "grpc-encoding"
        case .connectUnary: "content-encoding"
        case .connectStream: "connect-content-encoding"
        }
    }

    static func trailers(_ status: RPCStatus, hasBegun: Bool) -> HPACKHeaders {
        if hasBegun, status.code == .ok { return wellTrailers }
        var headers = hasBegun ? HPACKHeaders() : grpc
        headers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty { headers.add(name: "grpc-message", value: status.encodedMessage) }
        if status.namesEncodings {
            headers.add(name: "grpc-accept-encoding", value: MessageEncoding.understood)
        }
        return headers
    }

    static func connectError(_ status: RPCStatus) -> HPACKHeaders {
        var headers = HPACKHeaders([
            (":status", String(status.code.httpStatus)), ("content-type", "application/json"),
        ])
        if status.namesEncodings { headers.add(name: "accept-encoding", value: MessageEncoding.understood) }
        return headers
    }
}

/// How dialects end an answer inside its body.
enum AnswerTail {
    static func of(_ dialect: Dialect, _ status: RPCStatus) -> ByteBuffer {
        dialect.form == .grpcWeb ? web(status) : connect(status)
    }

    static func web(_ status: RPCStatus) -> ByteBuffer {
        var text = "grpc-status: \(status.code.rawValue)\r\n"
        if !status.message.isEmpty { text += "grpc-message: \(status.encodedMessage)\r\n" }
        if status.namesEncodings { text += "grpc-accept-encoding: \(MessageEncoding.understood)\r\n" }
        return Envelope.wrap(Array(text.utf8), flags: Envelope.webTrailers)
    }

    static func connect(_ status: RPCStatus) -> ByteBuffer {
        guard status.code != .ok else { return Envelope.wrap(Array("{}".utf8), flags: Envelope.connectEnd) }
        var json = Array("{\"error\":".utf8)
        json += status.connectError
        json.append(UInt8(ascii: "}"))
        return Envelope.wrap(json, flags: Envelope.connectEnd)
    }
}
