import Documents
import Values

/// How a call ends, in the words of gRPC.
enum RPCCode: Int, CaseIterable, Sendable {
    case ok = 0
    case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
    case unauthenticated

    /// What the Connect protocol calls it.
    var connectName: String {
        switch self {
        case .ok: "ok"
        case .cancelled: "canceled"
        case .unknown: "unknown"
        case .invalidArgument: "invalid_argument"
        case .deadlineExceeded: "deadline_exceeded"
        case .notFound: "not_found"
        case .alreadyExists: "already_exists"
        case .permissionDenied: "permission_denied"
        case .resourceExhausted: "resource_exhausted"
        case .failedPrecondition: "failed_precondition"
        case .aborted: "aborted"
        case .outOfRange: "out_of_range"
        case .unimplemented: "unimplemented"
        case .internal: "internal"
        case .unavailable: "unavailable"
        case .dataLoss: "data_loss"
        case .unauthenticated: "unauthenticated"
        }
    }

    /// The HTTP status of a Connect unary error.
    var httpStatus: Int {
        switch self {
        case .ok: 200
        case .cancelled: 499
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .deadlineExceeded: 504
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .permissionDenied: 403
        case .resourceExhausted: 429
        case .unimplemented: 501
        case .unavailable: 503
        case .unauthenticated: 401
        case .unknown, .internal, .dataLoss: 500
        }
    }
}

/// A call's end, other than well.
struct RPCStatus: Error, Hashable, Sendable {
    var code: RPCCode
    var message: String
    /// The answer names the encodings that are understood.
    var namesEncodings = false

    init(_ code: RPCCode, _ message: String) {
        self.code = code
        self.message = message
    }

    static let ok = RPCStatus(.ok, "")
    static let deadlineExceeded = RPCStatus(.deadlineExceeded, "the call's deadline has passed")
    static let shuttingDown = RPCStatus(.unavailable, "the server is ending; connect again")
    static let tooManyMessages = RPCStatus(.internal, "the method takes one message, and another came")
    static let noMessage = RPCStatus(.internal, "the call ended before its message was complete")

    init(_ problem: ProtoProblem) {
        switch problem {
        case .tooDeep: self.init(.invalidArgument, "structs and lists are nested deeper than \(ProtoReader.deepest)")
        case .invalidText: self.init(.internal, "a string of the request is not UTF-8")
        case .truncated: self.init(.internal, "the request is no protobuf message: it ends inside a field")
        case .malformed: self.init(.internal, "the request is no protobuf message: a field is malformed")
        }
    }

    static func unknownEncoding(_ name: String) -> RPCStatus {
        var status = RPCStatus(
            .unimplemented, "messages encoded as '\(name.prefix(40))' are not understood; gzip and identity are")
        status.namesEncodings = true
        return status
    }

    static func tooLarge(_ what: String, limit: Int) -> RPCStatus {
        RPCStatus(.resourceExhausted, "\(what) is larger than the \(limit) bytes that are allowed")
    }
}

extension RPCStatus {
    /// The message as gRPC's header carries it: printable ASCII stays, the rest is percent-encoded.
    var encodedMessage: String {
        percentEncoded(message) { $0 >= 0x20 && $0 <= 0x7E && $0 != UInt8(ascii: "%") }
    }

    /// The error of the Connect protocol: `{"code":"not_found","message":"…"}`.
    var connectError: [UInt8] {
        JSONWriter.write(.mapping([("code", .string(code.connectName)), ("message", .string(message))]))
    }
}
