import NIOCore
public import NIOSSL
public import Wire

/// The server's certificate and key. TLS 1.2 or newer.
struct TLSContext: Sendable {
    private let context: NIOSSLContext

    /// `nil` when the configuration names no certificate.
    init?(_ configuration: HTTPServerConfiguration) throws(Problem) {
        guard
            let context = try NIOSSLContext(
                certificatePath: configuration.certificatePath, keyPath: configuration.keyPath, protocols: ["http/1.1"])
        else { return nil }
        self.context = context
    }

    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: context)
    }
}

extension NIOSSLContext {
    /// What a port of the server offers with a certificate and key from PEM files; `nil` without files.
    ///
    /// - Parameter protocols: what clients may choose from by ALPN, dearest first.
    /// - Throws: `Problem` when a file is missing or cannot be used.
    public convenience init?(certificatePath: String?, keyPath: String?, protocols: [String]) throws(Problem) {
        guard certificatePath != nil || keyPath != nil else { return nil }
        guard let certificatePath, let keyPath else {
            throw Problem(.invalid, "--tls-cert and --tls-key belong together; one of them is missing")
        }
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificatePath)
        } catch {
            throw Problem(
                .invalid, "the certificate \(certificatePath) cannot be read: \(error)",
                hint: "It must be a PEM file with the server's certificate first, then its chain.")
        }
        do {
            let key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            tls.minimumTLSVersion = .tlsv12
            tls.applicationProtocols = protocols
            try self.init(configuration: tls)
        } catch {
            // The error names the reason, never the key.
            throw Problem(
                .invalid, "the key \(keyPath) cannot be used with the certificate \(certificatePath): \(error)",
                hint: "It must be the unencrypted PEM key that belongs to the certificate.")
        }
    }
}
