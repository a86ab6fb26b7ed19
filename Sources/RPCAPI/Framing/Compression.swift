import Compression
import NIOCore

/// How messages may be encoded on the wire.
enum MessageEncoding: Sendable {
    case identity
    case gzip

    /// `nil` for one that is not understood.
    init?(name: String) {
        switch name {
        case "", "identity": self = .identity
        case "gzip": self = .gzip
        default: return nil
        }
    }

    static let understood = "identity,gzip"
}

extension Gzip {
    /// Unpacks one message, of at most `limit` bytes however small it came.
    static func unpacked(_ message: ByteBuffer, limit: Int) throws(RPCStatus) -> ByteBuffer {
        do throws(Failure) {
            return try unpack(message, limit: limit)
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge("the unpacked message", limit: limit)
            case .noMemory: throw RPCStatus(.resourceExhausted, "no memory to unpack the message")
            case .malformed: throw RPCStatus(.internal, "the message is not the gzip data that it is said to be")
            }
        }
    }
}
