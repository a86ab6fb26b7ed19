/// How a client speaks: which protocol, and how messages are written in it.
struct Dialect: Hashable, Sendable {
    enum Form: UInt8, Sendable {
        case grpc
        case grpcWeb
        case connectUnary
        case connectStream
    }

    var form: Form
    var json: Bool

    init(_ form: Form, json: Bool = false) {
        self.form = form
        self.json = json
    }

    /// `nil` for a content type that is none of ours.
    init?(contentType: String) {
        switch contentType {
        case "application/grpc", "application/grpc+proto": (form, json) = (.grpc, false)
        case "application/proto": (form, json) = (.connectUnary, false)
        case "application/json": (form, json) = (.connectUnary, true)
        case "application/connect+proto": (form, json) = (.connectStream, false)
        case "application/connect+json": (form, json) = (.connectStream, true)
        case "application/grpc-web", "application/grpc-web+proto": (form, json) = (.grpcWeb, false)
        default:
            // Parameters, and capitals, are rare.
            let plain = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
            guard plain != contentType, let dialect = Dialect(contentType: plain) else { return nil }
            self = dialect
        }
    }

    /// The content type of answers that are no errors.
    var contentType: String {
        switch form {
        case .grpc: "application/grpc"
        case .grpcWeb: "application/grpc-web+proto"
        case .connectUnary: json ? "application/json" : "application/proto"
        case .connectStream: json ? "application/connect+json" : "application/connect+proto"
        }
    }

    var isEnveloped: Bool { form != .connectUnary }
}

/// What the headers of a request say. Filled in header by header, whichever HTTP version brought them.
struct CallHead {
    var path = ""
    var isPost = false
    var token: String?
    var selector: String?
    private var contentType: String?
    private var timeout: String?
    private var connectTimeout: String?
    private var connectVersion: String?
    private var encodings: (grpc: String?, connectUnary: String?, connectStream: String?)
    private var accepted: (grpc: String?, connectUnary: String?, connectStream: String?)

    /// Takes one header; its name is in small letters.
    mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 5: if name == ":path" { path = value }
        case 7: if name == ":method" { isPost = value == "POST" }
        case 9: if name == "x-api-key", token == nil { token = value }
        case 12:
            if name == "content-type" { contentType = value } else if name == "grpc-timeout" { timeout = value }
        case 13:
            if name == "authorization" {
                token = CallHead.bearer(value)
            } else if name == "grpc-encoding" {
                encodings.grpc = value
            }
        case 14:
            if name == "flagd-selector" { selector = value }
        case 15: if name == "accept-encoding" { accepted.connectUnary = value }
        case 16: if name == "content-encoding" { encodings.connectUnary = value }
        case 18: if name == "connect-timeout-ms" { connectTimeout = value }
        case 20: if name == "grpc-accept-encoding" { accepted.grpc = value }
        case 23: if name == "connect-accept-encoding" { accepted.connectStream = value }
        case 24:
            if name == "connect-content-encoding" {
                encodings.connectStream = value
            } else if name == "connect-protocol-version" {
                connectVersion = value
            }
        default: break
        }
    }

    /// `nil`: answer 415.
    var dialect: Dialect? { contentType.flatMap(Dialect.init(contentType:)) }

    func encoding(_ form: Dialect.Form) throws(RPCStatus) -> MessageEncoding {
        let name: String? =
            switch form {
            case .grpc, .grpcWeb: encodings.grpc
            case .connectUnary: encodings.connectUnary
            case .connectStream: encodings.connectStream
            }
        guard let name else { return .identity }
        guard let encoding = MessageEncoding(name: name) else { throw .unknownEncoding(name) }
        return encoding
    }

    /// Whether the client reads gzip. Answers are packed when it does and its request was packed, too.
    func acceptsGzip(_ form: Dialect.Form) -> Bool {
        let list: String? =
            switch form {
            case .grpc, .grpcWeb: accepted.grpc
            case .connectUnary: accepted.connectUnary
            case .connectStream: accepted.connectStream
            }
        guard let list else { return false }
        return list.split(separator: ",").contains { $0.trimmingPrefix { $0 == " " }.prefix { $0 != ";" } == "gzip" }
    }

    /// How long the client waits, in nanoseconds; `nil` for ever.
    func timeoutNanoseconds(_ form: Dialect.Form) throws(RPCStatus) -> Int64? {
        switch form {
        case .grpc, .grpcWeb:
            guard let timeout else { return nil }
            guard let value = CallHead.grpcTimeout(timeout) else {
                throw RPCStatus(
                    .internal, "'\(timeout.prefix(40))' is not a grpc-timeout: up to 8 digits and H, M, S, m, u or n")
            }
            return value
        case .connectUnary, .connectStream:
            guard let connectTimeout else { return nil }
            guard let value = Int64(connectTimeout), value >= 0, connectTimeout.utf8.count <= 10 else {
                throw RPCStatus(
                    .invalidArgument, "'\(connectTimeout.prefix(40))' is not a Connect-Timeout-Ms: up to 10 digits")
            }
            return value * 1_000_000
        }
    }

    /// A version of Connect that is not ours is refused; without one it is taken for ours, as curl's users like it.
    func checkConnectVersion(_ form: Dialect.Form) throws(RPCStatus) {
        guard form == .connectUnary || form == .connectStream, let connectVersion, connectVersion != "1" else { return }
        throw RPCStatus(
            .invalidArgument, "Connect-Protocol-Version '\(connectVersion.prefix(40))' is not understood; 1 is")
    }

    static func grpcTimeout(_ text: String) -> Int64? {
        guard let unit = text.utf8.last, (2...9).contains(text.utf8.count) else { return nil }
        var value: Int64 = 0
        for byte in text.utf8.dropLast() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        let nanoseconds: Int64
        switch unit {
        case UInt8(ascii: "H"): nanoseconds = 3_600_000_000_000
        case UInt8(ascii: "M"): nanoseconds = 60_000_000_000
        case UInt8(ascii: "S"): nanoseconds = 1_000_000_000
        case UInt8(ascii: "m"): nanoseconds = 1_000_000
        case UInt8(ascii: "u"): nanoseconds = 1000
        case UInt8(ascii: "n"): nanoseconds = 1
        default: return nil
        }
        return min(value, CallHead.longest / nanoseconds) * nanoseconds
    }

    /// Ten years: far from any overflow when it is added to the present.
    private static let longest: Int64 = 315_360_000_000_000_000

    private static func bearer(_ value: String) -> String? {
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }

    /// The token and the rest of a selector like `flagSetId=production,token=SECRET`.
    static func divided(_ selector: String?) -> (token: String?, selector: String?) {
        guard let selector, selector.utf8.contains(UInt8(ascii: "=")) else { return (nil, selector) }
        var token: String?
        var rest: [Substring] = []
        for part in selector.split(separator: ",") {
            if part.hasPrefix("token=") { token = String(part.dropFirst(6)) } else { rest.append(part) }
        }
        return (token, rest.isEmpty ? nil : rest.joined(separator: ","))
    }
}
