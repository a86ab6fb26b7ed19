import Values
import Wire

/// One scrape in a body: its head, and where its text stands.
struct ScrapeBlock {
    var head: ScrapeHead
    var text: Range<Int>

    private static let marker = Array("#scrape ".utf8)
    private static let sentMarker = Array("#sent ".utf8)
    private static let listingMarker = Array("#targets ".utf8)

    /// What the agent's clock said when it sent the body: its first line may say so.
    static func sentAt(_ body: [UInt8]) -> Timestamp? {
        guard body.starts(with: sentMarker), let end = body.prefix(40).firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        return Int64(String(decoding: body[sentMarker.count..<end], as: UTF8.self)).map(Timestamp.init(milliseconds:))
    }

    /// The newest list of targets in a body, as it was written: of blocks of their own, as agents send it.
    static func listing(_ body: [UInt8]) -> [UInt8]? {
        var found: [UInt8]?
        var position = 0
        while let start = next(listingMarker, in: body, from: position) {
            let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            found = Array(body[(start + listingMarker.count)..<end])
            position = end
        }
        return found
    }

    /// Cuts a body into blocks. A block whose head is broken is left out, with its text.
    static func split(
        _ body: [UInt8], readHead: ([UInt8]) -> ScrapeHead?, outcome: inout ScrapeOutcome
    ) -> [ScrapeBlock] {
        var blocks: [ScrapeBlock] = []
        var number = 0
        let isMarked = sentAt(body) != nil || body.starts(with: listingMarker)
        var position = isMarked ? nextHead(body, from: 0) : 0
        while position < body.count {
            let lineEnd = body[position...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            let textStart = min(body.count, lineEnd + 1)
            let textEnd = nextHead(body, from: textStart)
            number += 1
            if body[position..<lineEnd].starts(with: marker) {
                let head = readHead(Array(body[(position + marker.count)..<lineEnd]))
                if let head, head.duration.isFinite {
                    blocks.append(ScrapeBlock(head: head, text: textStart..<textEnd))
                } else {
                    outcome.note("block \(number): its head is not valid")
                }
            } else {
                outcome.note("block \(number): it does not start with '#scrape '")
            }
            position = textEnd
        }
        return blocks
    }

    /// Where the next line that is a head starts, or the end.
    private static func nextHead(_ body: [UInt8], from start: Int) -> Int {
        next(marker, in: body, from: start) ?? body.count
    }

    /// Where the next line with this beginning starts.
    private static func next(_ beginning: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        body.withUnsafeBufferPointer { body in
            var position = start
            while position < body.count {
                if body[position] == UInt8(ascii: "#"), body[position...].starts(with: beginning) { return position }
                while position < body.count, body[position] != UInt8(ascii: "\n") { position += 1 }
                position += 1
            }
            return nil
        }
    }
}

/// What became of the scrapes of one body.
public struct ScrapeOutcome: Hashable, Sendable {
    /// What was wrong with the body itself, or with too many sources; the first few.
    public var problems: [String] = []
    /// Scrapes that failed although the instance had answered, as `service on instance: why`; the first few.
    public var failures: [String] = []
    /// How many samples the store had already, or has with another value.
    public var repeated = 0
    /// How many samples the store refused for another reason, and the first reasons.
    public var refused = 0
    public var refusals: [String] = []

    public init() {}

    mutating func note(_ problem: String) {
        if problems.count < 10 { problems.append(problem) }
    }

    mutating func fail(_ failure: String) {
        if failures.count < 10 { failures.append(failure) }
    }
}
