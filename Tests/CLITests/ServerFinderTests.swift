import Glibc
import Testing

@testable import CLI

@Suite struct ServerFinderTests {
    /// A folder with a client file of a mode, for the time of `body`.
    private func withClientFile(
        _ text: String, mode: mode_t = 0o600, _ body: (_ home: String, _ file: String) throws -> Void
    ) throws {
        var template = Array("/tmp/cli-test-XXXXXX".utf8CString)
        let home = try #require(mkdtemp(&template)).withMemoryRebound(to: CChar.self, capacity: 1) {
            String(cString: $0)
        }
        let file = "\(home)/client.json"
        let handle = try #require(fopen(file, "w"))
        fputs(text, handle)
        fclose(handle)
        chmod(file, mode)
        defer {
            unlink(file)
            rmdir(home)
        }
        try body(home, file)
    }

    private func finder(_ environment: [String: String], server: String? = nil) -> ServerFinder {
        ServerFinder(server: server, tokenFile: nil, environment: environment, systemFile: "/nowhere/client.json")
    }

    private func complaint(_ finder: ServerFinder) -> String {
        do {
            _ = try finder.find()
            return ""
        } catch {
            return (error as? CommandFailure)?.message ?? "\(error)"
        }
    }

    @Test("Without anything, the default address is tried, without a token")
    func fallback() throws {
        let location = try finder([:]).find()
        #expect(location.address == "http://127.0.0.1:8080")
        #expect(location.origin == "the default")
        #expect(location.token == nil)
    }

    @Test("An option wins over the environment, which wins over the server's own file")
    func order() throws {
        try withClientFile(#"{"server": "http://127.0.0.1:9000", "token": "secret"}"#) { home, file in
            var environment = ["HALCYON_HOME": home]
            try #expect(finder(environment).find().address == "http://127.0.0.1:9000")
            try #expect(finder(environment).find().origin == file)
            environment["HALCYON_SERVER"] = "https://halcyon.example.com/"
            try #expect(finder(environment).find().address == "https://halcyon.example.com")
            try #expect(finder(environment, server: "http://other:1").find().origin == "--server")
        }
    }

    @Test("A file's token goes to that file's server only")
    func tokenStays() throws {
        try withClientFile(#"{"server": "http://127.0.0.1:9000", "token": "secret"}"#) { home, _ in
            try #expect(finder(["HALCYON_HOME": home]).find().token == "secret")
            try #expect(finder(["HALCYON_HOME": home], server: "http://127.0.0.1:9000/").find().token == "secret")
            try #expect(finder(["HALCYON_HOME": home], server: "http://elsewhere:9000").find().token == nil)
            let environment = ["HALCYON_HOME": home, "HALCYON_TOKEN": "mine"]
            try #expect(finder(environment, server: "http://elsewhere:9000").find().token == "mine")
        }
    }

    @Test("A token that others can read is refused, with the command that mends it")
    func openFile() throws {
        try withClientFile(#"{"server": "http://127.0.0.1:9000", "token": "secret"}"#, mode: 0o644) { home, file in
            #expect(complaint(finder(["HALCYON_HOME": home])).hasSuffix("run: chmod 600 \(file)"))
        }
    }

    @Test("A broken file and wrong addresses are told with what would be right")
    func wrong() throws {
        try withClientFile("nonsense") { home, _ in
            #expect(complaint(finder(["HALCYON_HOME": home])).contains("is not as a server writes it"))
        }
        #expect(complaint(finder([:], server: "web-1:8080")).hasSuffix("write it as http://web-1:8080"))
        #expect(complaint(finder([:], server: "ftp://x")).hasSuffix("write it as http://127.0.0.1:8080"))
        #expect(complaint(finder(["HALCYON_SERVER": "http://"])).hasPrefix("HALCYON_SERVER: 'http://'"))
    }
}
