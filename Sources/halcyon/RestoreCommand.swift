import ArgumentParser
import FoundationEssentials
import Glibc
import MetricsStore
import StoreSQLite
import Wire

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Check backups and put them into a new server's data folder.",
        usage: "halcyon restore [<file>] [--metrics <folder>] [--data <folder>]",
        discussion: """
            Every page and checksum is read before anything is put in place, and nothing that is there is replaced: move the old \
            files away first. The server must not run.

            EXAMPLES:
              halcyon restore /backup/halcyon-2026-11-23.db
              halcyon restore --metrics /backup/metrics --data /srv/halcyon
            """)

    @Argument(help: "What halcyon backup wrote.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("What halcyon metrics snapshot made.", valueName: "folder"), completion: .directory)
    var metrics: String?

    @Option(help: ArgumentHelp("The server's data folder.", valueName: "folder"), completion: .directory)
    var data: String = Defaults.dataFolder("server")

    func validate() throws {
        if file == nil, metrics == nil {
            throw ValidationError("Name what to restore: a file of halcyon backup, --metrics FOLDER, or both.")
        }
    }

    func run() async throws {
        try makePrivateFolder(data)
        for name in ["halcyon.db", "halcyon.db-wal", "halcyon.db-shm"] where file != nil {
            guard access("\(data)/\(name)", F_OK) != 0 else {
                throw Problem(
                    .refused, "\(data)/\(name) is there already",
                    hint: "end the server and move \(name) away, with all that begins with halcyon.db")
            }
        }
        do {
            if let metrics {
                let contents = try MetricsStore.restore(metrics, to: "\(data)/metrics")
                say(
                    "\(data)/metrics: \(contents.samples) samples, \(contents.series) series lately, \(contents.blocks) blocks"
                )
            }
        } catch {
            throw Problem(.refused, "the metrics were not restored: \(error)")
        }
        if let file { try restore(file) }
    }

    private func restore(_ file: String) throws {
        let place = "\(data)/halcyon.db"
        let report: StoreReport
        do { report = try SQLiteStore.inspect(path: file) } catch {
            throw Problem(.refused, "\(file) was not restored: \(error)")
        }
        guard report.isSound else {
            throw Problem(.refused, "\(file) is damaged: \(report.faults.joined(separator: "; "))")
        }
        try FileManager.default.copyItem(atPath: file, toPath: place + ".partial")
        chmod(place + ".partial", 0o600)
        guard rename(place + ".partial", place) == 0 else {
            throw Problem(.internal, "cannot name \(place): \(String(cString: strerror(errno)))")
        }
        say("\(place): every page is whole")
    }
}
