import FoundationEssentials
import Synchronization
import Wire

/// Scrapes on their way to the server: bounded, the oldest are dropped and counted while the server is away.
final class SampleQueue: Sendable {
    private struct State {
        var blocks: [[UInt8]] = []
        var bytes = 0
        var dropped = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    let arrivals: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// - Parameter limit: in bytes.
    init(limit: Int = 16 << 20) {
        self.limit = limit
        (arrivals, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many scrapes were dropped in all.
    var dropped: Int { state.withLock(\.dropped) }

    func add(_ head: ScrapeHead, text: [UInt8]) {
        guard let json = try? JSONEncoder().encode(head) else { return }
        var block = Array("#scrape ".utf8) + Array(json) + [10]
        block += text
        if block.last != 10 { block.append(10) }
        add(block)
    }

    /// What is scraped beside services, from now on.
    func add(_ listing: TargetListing) {
        guard let json = try? JSONEncoder().encode(listing) else { return }
        add(Array("#targets ".utf8) + Array(json) + [10])
    }

    private func add(_ block: [UInt8]) {
        state.withLock { state in
            state.blocks.append(block)
            state.bytes += block.count
            while state.bytes > limit, state.blocks.count > 1 {
                state.bytes -= state.blocks.removeFirst().count
                state.dropped += 1
            }
        }
        ring.yield()
    }

    /// Takes the oldest scrapes out, up to 4 MiB of them.
    func take() -> [[UInt8]] {
        state.withLock { state in
            var (count, bytes) = (0, 0)
            for block in state.blocks {
                if count > 0, bytes + block.count > 4 << 20 { break }
                count += 1
                bytes += block.count
            }
            let taken = Array(state.blocks.prefix(count))
            state.blocks.removeFirst(count)
            state.bytes -= bytes
            return taken
        }
    }

    /// Puts back what could not be sent, in front.
    func putBack(_ blocks: [[UInt8]]) {
        state.withLock { state in
            state.blocks = blocks + state.blocks
            state.bytes += blocks.reduce(0) { $0 + $1.count }
            while state.bytes > limit, state.blocks.count > 1 {
                state.bytes -= state.blocks.removeFirst().count
                state.dropped += 1
            }
        }
    }
}
