import ArgumentParser
import AsyncHTTPClient
import NIOCore

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a service writes on a host.",
        usage: "halcyon logs <host> <service> [-f] [<options>]",
        discussion: """
            EXAMPLES:
              halcyon logs web-1 storefront
              halcyon logs web-1 storefront -f
              halcyon logs web-1 storefront -n 1000 --instance previous
            """)

    @Argument(help: "The host.")
    var host: String

    @Argument(help: "The service.")
    var service: String

    @Flag(name: .shortAndLong, help: "Go on with what is written from now on.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("How many of the last lines first.", valueName: "count"))
    var lines = 100

    @Option(
        help: ArgumentHelp(
            "The instance, when not the one that serves now; 'previous' is the last one that ended.", valueName: "id"))
    var instance: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if lines < 0 { throw ValidationError("The number of lines cannot be negative.") }
    }

    func run() async throws {
        let query = ["lines": "\(lines)", "follow": follow ? "true" : nil, "instance": instance]
        let path = Path("hosts", host, "services", service, "logs", query: query)
        // A followed service may be silent for hours.
        try await connection.withClient(silence: follow ? nil : APIClient.silenceTimeout) { client in
            var decoder = TextChunks()
            do {
                for try await chunk in try await client.text(path) {
                    Console.current.write(decoder.take(chunk.readableBytesView))
                }
            } catch {
                throw client.unreachable(error)
            }
            Console.current.write(decoder.rest())
        }
    }
}

/// Makes text of bytes that may be cut within a character.
struct TextChunks {
    private var waiting: [UInt8] = []

    mutating func take(_ bytes: some Sequence<UInt8>) -> String {
        waiting += bytes
        // A character's last byte may still come: at most three bytes wait for it.
        var end = waiting.count
        var back = 1
        while back <= min(3, waiting.count) {
            let byte = waiting[waiting.count - back]
            if byte & 0b1100_0000 == 0b1100_0000 {
                let length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : 2
                if length > back { end = waiting.count - back }
                break
            }
            if byte < 0x80 { break }
            back += 1
        }
        defer { waiting.removeFirst(end) }
        return String(decoding: waiting[..<end], as: UTF8.self)
    }

    mutating func rest() -> String {
        defer { waiting = [] }
        return String(decoding: waiting, as: UTF8.self)
    }
}
