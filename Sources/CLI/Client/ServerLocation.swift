import FoundationEssentials
import Values

/// The server to talk to, and where its address came from.
struct ServerLocation: Sendable, Equatable {
    static let fallbackAddress = "http://127.0.0.1:8080"

    /// For example `http://127.0.0.1:8080`, without a slash at its end.
    var address: String
    /// For people: `--server`, `HALCYON_SERVER`, a file's path, or `the default`.
    var origin: String
    var token: String?
    /// For people, like `origin`; `nil` without a token.
    var tokenOrigin: String?
    /// What a person should hear when the server refuses the token.
    var notes: [String] = []
}

/// Finds the server and the token.
struct ServerFinder {
    var server: String?
    var tokenFile: String?
    var environment: [String: String]
    /// What a server running as a system service writes.
    var systemFile = "/var/lib/halcyon/client.json"

    /// The file that a server writes for the people of its own machine.
    private struct ClientFile: Decodable {
        var server: String
        var token: String?
    }

    func find() throws -> ServerLocation {
        var notes: [String] = []
        let file = try readClientFile(&notes)
        var location = ServerLocation(address: ServerLocation.fallbackAddress, origin: "the default")
        if let server {
            location = ServerLocation(address: try validated(server, origin: "--server"), origin: "--server")
        } else if let address = environment["HALCYON_SERVER"], !address.isEmpty {
            location.origin = "HALCYON_SERVER"
            location.address = try validated(address, origin: location.origin)
        } else if let file {
            location.origin = file.path
            location.address = try validated(file.content.server, origin: file.path)
        }
        location.notes = notes
        try findToken(for: &location, file: file)
        return location
    }

    /// A file's token goes to that file's server only: elsewhere it would be given away.
    private func findToken(for location: inout ServerLocation, file: (path: String, content: ClientFile)?) throws {
        if let tokenFile {
            let text = try FileBytes.text(tokenFile)
            location.token = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
            location.tokenOrigin = tokenFile
            guard location.token != nil else {
                throw CommandFailure.wrongCall("\(tokenFile) is empty: it should hold a token")
            }
        } else if let token = environment["HALCYON_TOKEN"], !token.isEmpty {
            location.token = token
            location.tokenOrigin = "HALCYON_TOKEN"
        } else if let file, let token = file.content.token,
            try validated(file.content.server, origin: file.path) == location.address
        {
            location.token = token
            location.tokenOrigin = file.path
        }
        guard location.token?.utf8.allSatisfy({ (33...126).contains($0) }) ?? true else {
            throw CommandFailure.wrongCall("the token from \(location.tokenOrigin ?? "") has characters no token has")
        }
    }

    private var candidates: [String] {
        var paths: [String] = []
        if let home = environment["HALCYON_HOME"], !home.isEmpty {
            paths += ["\(home)/client.json", "\(home)/server.json"]
        }
        if let home = environment["HOME"], !home.isEmpty { paths.append("\(home)/.config/halcyon/server.json") }
        return paths + [systemFile]
    }

    private func readClientFile(_ notes: inout [String]) throws -> (path: String, content: ClientFile)? {
        for path in candidates {
            guard let facts = FileFacts(path), !facts.isFolder else { continue }
            guard mayRead(path) else {
                notes.append("\(path) holds a token, but you may not read it: try sudo, or ask for a token of your own")
                continue
            }
            guard facts.mode & 0o077 == 0 else {
                throw CommandFailure.wrongCall(
                    "\(path) holds a token and can be read by others; run: chmod 600 \(path)")
            }
            let text = try FileBytes.text(path)
            guard let content = try? JSONDecoder().decode(ClientFile.self, from: Data(text.utf8)) else {
                throw CommandFailure.wrongCall(
                    "\(path) is not as a server writes it; it should be {\"server\": \"http://…\", \"token\": \"…\"}")
            }
            return (path, content)
        }
        return nil
    }

    /// An address without the slash at its end; anything but `http://HOST[:PORT]` or `https://…` is refused.
    private func validated(_ address: String, origin: String) throws -> String {
        var text = Substring(address)
        while text.hasSuffix("/") { text = text.dropLast() }
        guard let url = URL(string: String(text)), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty, url.query() == nil, url.user() == nil
        else {
            let guess = text.contains("://") ? ServerLocation.fallbackAddress : "http://\(text)"
            throw CommandFailure.wrongCall("\(origin): '\(address)' is not a server's address; write it as \(guess)")
        }
        return String(text)
    }
}
