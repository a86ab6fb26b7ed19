import Logging
import Values

/// Sends scrapes to the server in batches; while it is away they wait in the bounded queue.
struct SampleSender: Sendable {
    var client: ServerClient
    var queue: SampleQueue
    var snapshot: Snapshot
    var logger: Logger

    func run() async {
        var backOff = BackOff(first: .milliseconds(500), longest: .seconds(15))
        var reported = 0
        for await _ in queue.arrivals {
            // Scrapes of several services within a moment travel together.
            await pause(.milliseconds(50))
            while !Task.isCancelled {
                let blocks = queue.take()
                if blocks.isEmpty { break }
                do {
                    // What waited is old, and so may this host's clock be wrong: the server tells one from the other by this line.
                    let sent = Array("#sent \(wallTime().milliseconds)\n".utf8)
                    try await client.post("/v1/agent/samples", sent + blocks.joined(), type: "text/plain")
                    backOff.reset()
                } catch let refusal as ServerRefusal where [400, 413].contains(refusal.status) {
                    // The server will never take these.
                    logger.warning("the server refused samples", metadata: ["why": "\(refusal)"])
                } catch {
                    queue.putBack(blocks)
                    await pause(backOff.next())
                }
            }
            if queue.dropped > reported {
                reported = queue.dropped
                logger.warning("scrapes were dropped while the server was away", metadata: ["inAll": "\(reported)"])
            }
        }
    }
}
