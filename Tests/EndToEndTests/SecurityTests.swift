import Foundation
import TestSupport
import Testing
import Wire

@Suite("Without --dev nothing is open")
struct SecurityTests {
    @Test("every surface but health, readiness and the login asks for a token")
    func everySurface() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            let admin = try lab.printedToken("halcyon_admin_")
            struct Document: Decodable { var paths: [String: [String: Nothing]] }
            struct Nothing: Decodable {}
            let answer = try await eventually("the API's document") {
                await lab.get("/v1/openapi.json", token: admin)?.body
            }
            let paths = try JSONDecoder().decode(Document.self, from: Data(answer)).paths
            #expect(paths.count > 25)
            for (path, methods) in paths where !["/healthz", "/readyz"].contains(path) {
                for method in methods.keys where ["get", "put", "post", "delete"].contains(method) {
                    let plain = path.replacing("{", with: "").replacing("}", with: "")
                    let status = await lab.get(plain, method: method.uppercased())?.status
                    // Whoever tries too often is sent away for a while: that is a refusal too.
                    #expect(status == 401 || status == 429, "\(method) \(path)")
                }
            }
        }
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            for path in ["/", "/rollouts", "/services", "/hosts", "/metrics", "/nowhere", "/v1/nowhere"] {
                let answer = await lab.get(path)
                // A page leads to the log-in.
                let text = String(decoding: answer?.body ?? [], as: UTF8.self)
                #expect(answer?.status == 401 || text.contains("type=\"password\""), "\(path): \(text)")
            }
            for path in ["/healthz", "/readyz"] { #expect(await lab.get(path)?.status == 200) }
            for token in ["halcyon_admin_0", "", "x", String(repeating: "a", count: 4000)] {
                #expect(await lab.get("/v1/hosts", token: token)?.status != 200)
            }
        }
    }

    @Test("tokens: shown once, kept private, worth what their role says, and worthless when revoked")
    func tokens() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            let admin = try lab.printedToken("halcyon_admin_")
            let file = "\(lab.folder)/home/client.json"
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
            #expect(!read("\(lab.folder)/server/halcyon.db").contains(admin))
            // The command line finds its token beside the server.
            try await lab.must("get", "services")
            try await lab.running("server").end()
            try await lab.startServer()
            #expect(lab.log("server").components(separatedBy: "halcyon_admin_").count == 2, "it was shown again")
            try await lab.must("get", "services")

            let viewer = try await lab.must("token", "create", "watcher", "--role", "viewer").trimmed
            let asViewer = ["HALCYON_TOKEN": viewer]
            #expect(try await lab.halcyon("get", "services", with: asViewer).code == 0)
            try await lab.applyShop(lab.document())
            let refused = try await lab.halcyon("delete", "service", "shop", with: asViewer)
            #expect(refused.code == 2 && refused.errors.contains("needs the role 'operator'"), "\(refused)")
            try await lab.must("token", "revoke", "watcher")
            let gone = try await lab.halcyon("get", "services", with: asViewer)
            #expect(gone.code == 2 && gone.errors.contains("not valid, or was revoked"), "\(gone)")
            let last = try await lab.halcyon("token", "revoke", "admin")
            #expect(last.code == 1 && last.errors.contains("last admin token"), "\(last)")
        }
    }

    @Test("agents join with a join token, get a credential of their own, and lose it when it is revoked")
    func agents() async throws {
        try await Lab.with(Lab.Setting(dev: false)) { lab in
            lab.use(token: try lab.printedToken("halcyon_admin_"))
            let join = try lab.joinToken()
            try write(join + "\n", to: "\(lab.folder)/join")
            try lab.startAgent(1)
            try await waitFor("an agent without a token to be refused") {
                lab.log("web-1").contains("this needs a token")
            }
            try await lab.running("web-1").end()
            try lab.startAgent(1, ["--join-token-file", "\(lab.folder)/join"])
            try await waitFor("it to join") { try await lab.hosts().map(\.contact) == [.connected] }
            // From now on its own credential is enough, and the join token opens nothing else. People remove its file.
            try await lab.running("web-1").end()
            try FileManager.default.removeItem(atPath: "\(lab.folder)/join")
            try lab.startAgent(1, ["--join-token-file", "\(lab.folder)/join"])
            try await waitFor("it to come back") { lab.log("web-1").components(separatedBy: "connected to").count == 3 }
            #expect(await lab.get("/v1/hosts", token: join)?.status == 403)

            try lab.start(
                "impostor",
                lab.agentArguments(1).map { $0.hasSuffix("/web-1") ? "\(lab.folder)/impostor" : $0 } + [
                    "--join-token", join,
                ])
            try await waitFor("the second agent of that name to be told") {
                lab.log("impostor").contains("a host named web-1 has joined already, from another agent")
                    && lab.log("impostor").contains("another --name")
            }
            #expect(try await lab.hosts().count == 1)
            try await lab.running("impostor").end()

            try await lab.must("host", "revoke", "web-1")
            try await waitFor("the revoked agent to say what to do") {
                lab.log("web-1").contains("refuses this agent's credential; start it with --join-token")
            }
            try await lab.running("web-1").end()
            try lab.startAgent(1, ["--join-token", join])
            try await waitFor("the revoked agent to be kept out, join token or not") {
                lab.log("web-1").contains("web-1 was revoked")
            }
            let connections = {
                ["connected to", "the server is back"].reduce(0) {
                    $0 + lab.log("web-1").components(separatedBy: $1).count
                }
            }
            let before = connections()
            try await lab.must("host", "admit", "web-1")
            try await waitFor("it to join again", within: .seconds(120)) {
                try await lab.hosts().map(\.contact) == [.connected] && connections() > before
            }
            try await lab.checkNoSecrets()
        }
    }

    @Test("TLS with a certificate of one's own, for the command line and agents")
    func tls() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let setting = Lab.Setting(
            dev: false, arguments: ["--tls-cert", certificates.certificate, "--tls-key", certificates.key],
            scheme: "https")
        try await Lab.with(setting) { lab in
            let join = try lab.joinToken()
            let unknown = try await lab.halcyon("get", "hosts")
            #expect(unknown.code == 3 && unknown.errors.contains("--ca-cert"), "\(unknown)")
            try await lab.must("get", "hosts", "--ca-cert", certificates.certificate)
            let plain = try await lab.halcyon(
                "get", "hosts", "--server", lab.server.replacing("https", with: "http"))
            #expect(plain.code == 3, "\(plain)")
            try lab.startAgent(1, ["--join-token", join])
            try await waitFor("an agent to refuse an unknown certificate") {
                lab.log("web-1").contains("cannot be reached")
            }
            try await lab.running("web-1").end()
            try lab.startAgent(1, ["--join-token", join, "--ca-cert", certificates.certificate])
            let isConnected = {
                let outcome = try await lab.halcyon("get", "hosts", "--ca-cert", certificates.certificate)
                return outcome.code == 0 && outcome.output.contains("web-1") && outcome.output.contains(" connected")
            }
            try await waitFor("the agent to connect", until: isConnected)
            // The file that tells whom to trust may come later than the agent.
            try await lab.running("web-1").end()
            try await waitFor("it to be away") { try await !isConnected() }
            let later = "\(lab.folder)/later.pem"
            try lab.startAgent(1, ["--join-token", join, "--ca-cert", later])
            try await waitFor("it to say so") { lab.log("web-1").contains("\(later) holds no usable certificate") }
            try FileManager.default.copyItem(atPath: certificates.certificate, toPath: later)
            try await waitFor("the agent to connect then", until: isConnected)
            try await lab.checkNoSecrets()
        }
    }
}

extension Lab {
    /// The token that agents join with, from the file that the first start has written.
    func joinToken() throws -> String {
        let file = "\(folder)/server/join-token"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        return read(file).trimmed
    }

    /// A token that the server has printed.
    func printedToken(_ prefix: String) throws -> String {
        let words = log("server").split(whereSeparator: \.isWhitespace)
        guard let token = words.first(where: { $0.hasPrefix(prefix) }) else { throw Unmet("no \(prefix)… was printed") }
        return String(token)
    }

    /// No log, apart from the server's greeting, and no file that others may read holds a token.
    func checkNoSecrets() async throws {
        let secret = /halcyon_(admin|operator|viewer|agent|join)_[0-9a-f]{16}/
        let greeting = log("server").split(separator: "\n").filter { $0.contains(secret) }
        #expect(greeting.count == 1, "the server's log holds tokens outside its greeting")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".log") {
            if name != "server.log" { #expect(!read("\(folder)/\(name)").contains(secret), "\(name) holds a token") }
        }
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            guard let mode = (facts?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 != 0,
                facts?[.type] as? FileAttributeType == .typeRegular, !path.hasSuffix(".log"), path != "join"
            else { continue }
            #expect(!read("\(folder)/\(path)").contains(secret), "\(path) may be read by others and holds a token")
        }
    }
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// A certificate that vouches for itself, made by `openssl`.
struct Certificates {
    let folder = "/tmp/halcyon-e2e-tls-\(UInt32.random(in: 0...UInt32.max))"
    var certificate: String { "\(folder)/cert.pem" }
    var key: String { "\(folder)/key.pem" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=halcyon-test", "-addext", "subjectAltName=IP:\(Address.server)", "-keyout", key,
            "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Unmet("openssl cannot make a certificate") }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
