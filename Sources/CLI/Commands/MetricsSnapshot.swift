import ArgumentParser
import NIOHTTP1

struct MetricsSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Copy the stored metrics into a folder on the server while it runs.",
        usage: "halcyon metrics snapshot [<options>]",
        discussion: """
            The copy holds every sample that was acknowledged before. It is in the server's data folder, below \
            metrics/snapshots, and shares the files of older samples with the store, so that it takes little room at first. Copy it to \
            where backups are kept, then remove it. `halcyon restore` checks it and puts it in place. It needs the role admin.

            EXAMPLES:
              halcyon metrics snapshot
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    private struct Snapshot: Codable, Sendable {
        var name: String
        var folder: String
    }

    func run() async throws {
        do {
            let answer: APIClient.Answered<Snapshot> = try await connection.withClient {
                try await $0.metrics("admin/tsdb/snapshot", method: .POST)
            }
            try output.show(Presentation(answer.data) { _ in [answer.data.folder] })
        } catch let refused as QueryRefused {
            throw refused.failure(in: "")
        }
    }
}
