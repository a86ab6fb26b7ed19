import FoundationEssentials
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing

@Suite("TLS", .timeLimit(.minutes(2)))
struct TLSTests {
    @Test("With a certificate everything is served over TLS, streams included, and nothing without")
    func tls() async throws {
        let files = try CertificateFiles()
        try await TestServer.with(certificatePath: files.certificate, keyPath: files.key) { server in
            try await TestConnection.with(port: server.port, tls: files.clientContext()) { connection in
                let answer = try await connection.ask("GET", "/v1/status", token: "viewer")
                #expect(answer.status == 200)
                #expect(answer.headers["strict-transport-security"] != nil)
                let login = try await connection.ask("POST", "/login", body: Array("token=viewer".utf8))
                #expect(login.headers["set-cookie"]?.hasSuffix("; Secure") == true)
                try await connection.send(
                    "GET", "/v1/agent/stream", token: "agent", headers: [("X-Halcyon-Agent", "a1")])
                #expect(try await connection.head().status == 200)
                #expect(try await connection.chunk() == Array("event: hello\ndata: {\"server\":\"s\"}\n\n".utf8))
            }
            try await waitFor("detached") { server.gateway.state.withLock { $0.detached } == 1 }
            try await server.connect { connection in
                try await connection.send("GET", "/healthz")
                #expect(!String(decoding: (try? await connection.readToEnd()) ?? [], as: UTF8.self).contains("200 OK"))
            }
        }
    }
}

/// A certificate for `localhost` that only these tests know, valid until 2126.
private final class CertificateFiles: Sendable {
    let certificate: String
    let key: String
    private let folder = "/tmp/http-tests-tls-\(UInt64.random(in: .min ... .max))"

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        certificate = folder + "/cert.pem"
        key = folder + "/key.pem"
        try CertificateFiles.certificateText.write(toFile: certificate, atomically: true, encoding: .utf8)
        try CertificateFiles.keyText.write(toFile: key, atomically: true, encoding: .utf8)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func clientContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificate)
        return try NIOSSLContext(configuration: configuration)
    }

    private static let certificateText = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUUTMUtHPwBLOytsoj3UJbbi1ItYEwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA2MjIyM1oYDzIxMjYxMDMw
        MDYyMjIzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATnETHt/5fGJCoi6PafpCOqumct/uP1lMWVquObfVsqi8CphPzNjKTw
        U1dokXa0a6Yvib6d715OR0Fu1s8uYAPYo28wbTAdBgNVHQ4EFgQUpw/T3QDbaZ8+
        wnueaoA6C79y0MQwHwYDVR0jBBgwFoAUpw/T3QDbaZ8+wnueaoA6C79y0MQwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIhAOGf6wZF7FkIvnTOho6GQFdrYM5yJ+HS0I3tQ054J4LlAiAF
        D+V7h7a9TetKNSylYMw/OTPc3ZqqWWAXtiEeXbMtYg==
        -----END CERTIFICATE-----
        """

    private static let keyText = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzbrGNpt4Q4zF4ic7
        P8Wlqk/CXV/itqNW4Wa7iJZJL5qhRANCAATnETHt/5fGJCoi6PafpCOqumct/uP1
        lMWVquObfVsqi8CphPzNjKTwU1dokXa0a6Yvib6d715OR0Fu1s8uYAPY
        -----END PRIVATE KEY-----
        """
}
