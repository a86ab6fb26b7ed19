import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension APIClient {
    /// A failure of the connection: which address was tried, where it came from, and what to do.
    func unreachable(_ error: any Error) -> any Error {
        if error is CancellationError || error is CommandFailure { return error }
        if let error = error as? HTTPClientError, error == .cancelled { return CancellationError() }
        let (reason, advice) = explain(error)
        let message = "cannot reach the server at \(location.address) (from \(location.origin)): \(reason)\n\(advice)"
        return CommandFailure.unreachable(message)
    }

    private func explain(_ error: any Error) -> (reason: String, advice: String) {
        switch error {
        case let error as HTTPClientError:
            return explain(error)
        case let error as NIOConnectionError:
            let failed = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError
            guard let failed else { return ("the name '\(error.host)' is unknown", startAdvice) }
            return explain(failed)
        case let error as SocketAddressError.UnknownHost:
            return ("the name '\(error.host)' is unknown", startAdvice)
        case let error as IOError:
            return (String(cString: strerror(error.errnoCode)).lowercased(), startAdvice)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return ("the TLS handshake failed: \(error)", tlsAdvice)
        default:
            return ("\(error)", startAdvice)
        }
    }

    private func explain(_ error: HTTPClientError) -> (reason: String, advice: String) {
        switch error {
        case .connectTimeout: return ("no connection within 5 seconds", startAdvice)
        case .deadlineExceeded, .readTimeout: return ("it does not answer", startAdvice)
        case .remoteConnectionClosed: return ("it closed the connection", startAdvice)
        case .tlsHandshakeTimeout: return ("no TLS handshake within 5 seconds", tlsAdvice)
        default: return (error.shortDescription, startAdvice)
        }
    }

    private var startAdvice: String {
        location.origin == "the default"
            ? "Start one with `halcyon server`, or name yours with --server or HALCYON_SERVER."
            : "Is it running, and is this its address? Try: curl \(location.address)/healthz"
    }

    private var tlsAdvice: String {
        "Give its authority's certificate with --ca-cert or HALCYON_CA_CERT; a server without TLS is http://…"
    }
}
