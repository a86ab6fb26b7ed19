import FoundationEssentials
import Series
import Values
import Wire

/// One scrape in a body: its head, and where its text stands.
struct ScrapeBlock {
    var head: ScrapeHead
    var text: Range<Int>

    private static let marker = Array("#scrape ".utf8)

    /// Cuts a body into blocks. A block whose head is broken is left out, with its text.
    static func split(_ body: [UInt8], outcome: inout IngestOutcome) -> [ScrapeBlock] {
        var blocks: [ScrapeBlock] = []
        var number = 0
        var position = 0
        while position < body.count {
            let lineEnd = body[position...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            let textStart = min(body.count, lineEnd + 1)
            let textEnd = nextHead(body, from: textStart)
            number += 1
            if body[position..<lineEnd].starts(with: marker) {
                let json = Array(body[(position + marker.count)..<lineEnd])
                if let head = try? JSONDecoder().decode(ScrapeHead.self, from: Data(json)), head.duration.isFinite {
                    blocks.append(ScrapeBlock(head: head, text: textStart..<textEnd))
                } else {
                    outcome.reject("block \(number): its head is not valid")
                }
            } else {
                outcome.reject("block \(number): it does not start with '#scrape '")
            }
            position = textEnd
        }
        return blocks
    }

    /// Where the next line that is a head starts, or the end.
    private static func nextHead(_ body: [UInt8], from start: Int) -> Int {
        var position = start
        while position < body.count {
            if body[position] == UInt8(ascii: "#"), body[position...].starts(with: marker) { return position }
            guard let lineEnd = body[position...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            position = lineEnd + 1
        }
        return body.count
    }
}

/// Puts an agent's times on the server's clock when the two differ by more than a delivery takes.
struct ClockCorrection {
    private static let allowed: Int64 = 5000

    /// What is added to the agent's times; `nil` when they are used as they are.
    let offset: Period?

    /// The newest scrape of a body has just been made, so its time is the agent's present.
    init(blocks: [ScrapeBlock], receivedAt: Timestamp) {
        guard let newest = blocks.map(\.head.at).max() else {
            self.offset = nil
            return
        }
        // The times come from outside and may be absurd.
        let (difference, overflow) = receivedAt.milliseconds.subtractingReportingOverflow(newest.milliseconds)
        self.offset = !overflow && difference.magnitude < Self.allowed ? nil : .milliseconds(overflow ? 0 : difference)
    }

    func apply(_ time: Timestamp) -> Timestamp {
        guard let offset else { return time }
        return Timestamp(milliseconds: time.milliseconds.addingReportingOverflow(offset.milliseconds).partialValue)
    }
}
