import NIOSSL
import Synchronization

/// What the server's certificate is checked against: a file, read when it is first needed. An agent without it cannot reach its
/// server, and keeps its services running.
final class ServerCertificates: Sendable {
    private let path: String
    private let snapshot: Snapshot
    private let loaded = Mutex<TLSConfiguration?>(nil)

    init(path: String, snapshot: Snapshot) {
        self.path = path
        self.snapshot = snapshot
    }

    /// - Throws: `AgentProblem` as long as the file cannot be used.
    func configuration() throws -> TLSConfiguration {
        if let known = loaded.withLock({ $0 }) { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
        } catch {
            let problem = AgentProblem(
                "\(path) holds no usable certificate: \(error); it is read again with the next attempt")
            snapshot.note(.certificates, problem.description)
            throw problem
        }
        loaded.withLock { $0 = configuration }
        snapshot.note(.certificates, nil)
        return configuration
    }
}
