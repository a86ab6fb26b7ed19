import ArgumentParser
import Wire

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the release of this program and of the server.",
        usage: "halcyon version [<options>]",
        discussion: """
            EXAMPLES:
              halcyon version
              halcyon version --client
            """)

    @Flag(help: "Only of this program; no server is asked.")
    var client = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    private struct Releases: Encodable {
        var client: String
        var server: String?
    }

    func run() async throws {
        var releases = Releases(client: Release.current)
        var failure: (any Error)?
        if !client {
            do {
                releases.server = try await connection.withClient { try await $0.status().release }
            } catch {
                failure = error
            }
        }
        let found = releases
        try output.show(
            Presentation(found) { style in
                var details = Details()
                details.add("Client", found.client)
                details.add("Server", found.server)
                return details.lines(style)
            })
        if let failure { throw failure }
    }
}
