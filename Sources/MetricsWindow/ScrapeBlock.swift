import FoundationEssentials
import Series
import Values
import Wire

/// One scrape in a body: its head, and where its text stands.
struct ScrapeBlock {
    var head: ScrapeHead
    var text: Range<Int>

    private static let marker = Array("#scrape ".utf8)
    private static let sentMarker = Array("#sent ".utf8)

    /// What the agent's clock said when it sent the body: its first line may say so.
    static func sentAt(_ body: [UInt8]) -> Timestamp? {
        guard body.starts(with: sentMarker), let end = body.prefix(40).firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        return Int64(String(decoding: body[sentMarker.count..<end], as: UTF8.self)).map(Timestamp.init(milliseconds:))
    }

    /// Cuts a body into blocks. A block whose head is broken is left out, with its text.
    static func split(_ body: [UInt8], outcome: inout IngestOutcome) -> [ScrapeBlock] {
        var blocks: [ScrapeBlock] = []
        var number = 0
        var position = sentAt(body) == nil ? 0 : nextHead(body, from: 0)
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
