import ArgumentParser
import NIOCore

/// The options of every command that talks to a server.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server (default: HALCYON_SERVER, then what a server on this machine wrote, then http://127.0.0.1:8080).",
            valueName: "url"))
    var server: String?

    @Option(
        help: ArgumentHelp("A file that holds the token (default: HALCYON_TOKEN).", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The authority (PEM) that vouches for the server (default: HALCYON_CA_CERT, then the system's).",
            valueName: "file"), completion: .file())
    var caCert: String?

    /// Opens a client for the time of `body`.
    func withClient<Result: Sendable>(
        silence: TimeAmount? = APIClient.silenceTimeout, _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        let environment = Console.current.environment
        let location = try ServerFinder(server: server, tokenFile: tokenFile, environment: environment).find()
        let certificate = caCert ?? environment["HALCYON_CA_CERT"].flatMap { $0.isEmpty ? nil : $0 }
        return try await APIClient.with(location, certificate: certificate, silence: silence, body)
    }
}
