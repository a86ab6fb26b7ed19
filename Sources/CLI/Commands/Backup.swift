import ArgumentParser
import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import Values

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the server's store into a file while the server runs.",
        usage: "halcyon backup <file> [<options>]",
        discussion: """
            The copy shows the store as of one moment. The server checks every page of it, and this command that what \
            arrived is what the server sent; only then the file gets its name. It holds no artefacts: copy the server's \
            folder artefacts/sha256 as well, afterwards. It needs the role admin.

            EXAMPLES:
              halcyon backup halcyon-2026-11-23.db
              halcyon backup "/backup/halcyon-$(date +%F).db"
            """)

    @Argument(help: "The new file.", completion: .file())
    var file: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard FileFacts(file) == nil else {
            throw CommandFailure.wrongCall("\(file) is there already; name a new file")
        }
        let partial = "\(file).partial"
        let revision = try await connection.withClient { client in
            do {
                return try await client.backup(to: partial)
            } catch {
                unlink(partial)
                throw error
            }
        }
        // `link` refuses where `rename` would replace a file that came in between.
        defer { unlink(partial) }
        guard link(partial, file) == 0 else { throw systemFailure("cannot name the backup \(file)") }
        let size = ByteSize(bytes: FileFacts(file)?.size ?? 0)
        Console.current.print("\(file): \(size), revision \(revision)")
    }
}

extension APIClient {
    /// Takes a copy of the store into a new file, checked and on disk, and returns the revision that it shows.
    func backup(to path: String) async throws -> String {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemFailure("cannot make \(path)") }
        defer { close(descriptor) }
        // A large store takes its time to be copied and checked before the answer begins.
        let response = try await send(request(.GET, Path("backup")), timeout: .hours(2))
        let expected = response.headers.first(name: "X-Halcyon-Digest")
        var counter = DigestCounter()
        do {
            for try await piece in response.body {
                let bytes = Array(piece.readableBytesView)
                counter.take(bytes)
                try write(bytes, to: descriptor, path)
            }
        } catch {
            throw unreachable(error)
        }
        guard let expected, counter.digest() == expected else {
            throw CommandFailure.failed("the backup did not arrive whole; nothing was kept, try again")
        }
        guard fsync(descriptor) == 0 else { throw systemFailure("cannot write \(path)") }
        return response.headers.first(name: "X-Halcyon-Revision") ?? "unknown"
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            guard count >= 0 || errno == EINTR else { throw systemFailure("cannot write \(path)") }
            done += max(0, count)
        }
    }
}
